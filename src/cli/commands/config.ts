/** The group of `redirector config init`, `print` and `check`. */
import { defineGroup } from '../command.ts';

export const command = defineGroup([
  {
    name: 'init',
    describe: 'Write a configuration file with every option, its default and what it does.',
    load: async () => (await import('./config/init.ts')).command,
  },
  {
    name: 'print',
    describe: 'Print every option with the value in force and where it came from.',
    load: async () => (await import('./config/print.ts')).command,
  },
  {
    name: 'check',
    describe: 'Check the configuration: all mistakes at once.',
    load: async () => (await import('./config/check.ts')).command,
  },
]);
