/** `redirector rules check|test|import`: rules files, without a server. */
import { defineGroup } from '../command.ts';

export const command = defineGroup([
  {
    name: 'check',
    describe: 'Check a rules file: every mistake with its line.',
    load: async () => (await import('./rules/check.ts')).command,
  },
  {
    name: 'test',
    describe: 'Show what a request would get by a rules file, and why.',
    load: async () => (await import('./rules/test.ts')).command,
  },
  {
    name: 'import',
    describe: 'Make rules of the redirects of nginx, Apache, Netlify or Cloudflare, or of a CSV file.',
    load: async () => (await import('./rules/import.ts')).command,
  },
]);
