/** `redirector spool`: looks into the spool, beside a server that writes it or without one, and empties it. */
import { defineGroup } from '../command.ts';

export const command = defineGroup([
  {
    name: 'status',
    describe: 'Show how much the spool holds.',
    load: async () => (await import('./spool/status.ts')).command,
  },
  {
    name: 'tail',
    describe: 'Print the newest records, one JSON line each.',
    load: async () => (await import('./spool/tail.ts')).command,
  },
  {
    name: 'export',
    describe: 'Print every record, oldest first, one JSON line each.',
    load: async () => (await import('./spool/export.ts')).command,
  },
  {
    name: 'drain',
    describe: 'Send what the spool holds to Kafka, until it is empty.',
    load: async () => (await import('./spool/drain.ts')).command,
  },
]);
