/** The command table: every command, in the order of --help. Only the one that is called is loaded. */
import type { CommandEntry } from './command.ts';

export const commands: readonly CommandEntry[] = [
  {
    name: 'serve',
    describe: 'Serve redirects, and log each to Kafka or to disk after it is answered.',
    load: async () => (await import('./commands/serve.ts')).command,
  },
  {
    name: 'topics',
    describe: 'Create, list, describe, alter and delete Kafka topics.',
    load: async () => (await import('./commands/topics.ts')).command,
  },
  {
    name: 'loadtest',
    describe: 'Put a server under an even load, and count whether every answer became a record.',
    load: async () => (await import('./commands/loadtest.ts')).command,
  },
  {
    name: 'rules',
    describe: 'Check rules, try them out, and import them from other servers.',
    load: async () => (await import('./commands/rules.ts')).command,
  },
  {
    name: 'spool',
    describe: 'Look into the spool on disk, or send it to Kafka.',
    load: async () => (await import('./commands/spool.ts')).command,
  },
  {
    name: 'config',
    describe: 'Write a configuration file, show what is in force, or check it.',
    load: async () => (await import('./commands/config.ts')).command,
  },
  {
    name: 'status',
    describe: 'Show what a running server counts, from its admin API.',
    load: async () => (await import('./commands/status.ts')).command,
  },
  {
    name: 'doctor',
    describe: 'Say what is amiss with the machine, Kafka, the spool or the collector.',
    load: async () => (await import('./commands/doctor.ts')).command,
  },
  {
    name: 'completion',
    describe: 'Print a completion script for bash or zsh.',
    load: async () => (await import('./commands/completion.ts')).command,
  },
];
