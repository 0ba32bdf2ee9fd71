/** `redirector topics`: Kafka topics, by kafkajs's admin and by requests of our own where it has none. */
import { defineGroup } from '../command.ts';

export const command = defineGroup([
  {
    name: 'create',
    describe: 'Make sure that a topic exists, and say what differs from what was asked.',
    load: async () => (await import('./topics/create.ts')).command,
  },
  {
    name: 'list',
    describe: 'List the topics with their partitions and replicas.',
    load: async () => (await import('./topics/list.ts')).command,
  },
  {
    name: 'describe',
    describe:
      'Show the partitions of a topic, their offsets and sizes, and the settings that differ from the defaults.',
    load: async () => (await import('./topics/describe.ts')).command,
  },
  {
    name: 'alter',
    describe: 'Give a topic more partitions or other settings.',
    load: async () => (await import('./topics/alter.ts')).command,
  },
  {
    name: 'delete',
    describe: 'Delete a topic with all its records.',
    load: async () => (await import('./topics/delete.ts')).command,
  },
]);
