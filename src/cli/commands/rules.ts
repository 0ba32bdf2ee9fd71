/** `redirector rules check|test|import|sign|verify`: rules files, without a server. */
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
  {
    name: 'sign',
    describe: 'Sign a target, for a link to a rule with `dynamic`; or make a key.',
    load: async () => (await import('./rules/sign.ts')).command,
  },
  {
    name: 'verify',
    describe: 'Whether a signed link is taken, and why not.',
    load: async () => (await import('./rules/verify.ts')).command,
  },
]);
