/** `redirector rules sign`. */
import { randomBytes } from 'node:crypto';
import { exitCode, userError } from '../../../errors.ts';
import { boolean, duration, httpUrl, nonEmptyText } from '../../../option-types.ts';
import { defineCommand, optionalArgument, ownOption } from '../../command.ts';
import { printJson, printLine } from '../../output.ts';
import { parameterOption } from '../../signed-links.ts';

const KEY_BYTES = 32;

export const command = defineCommand({
  details:
    'Prints the query of a link that a rule with `dynamic` and `signed: true` takes; with --base the whole link. The last key of the file signs unless --key names another. --new-key prints a line for that file instead.',
  examples: [
    ['redirector rules sign --new-key', 'A key, to be added to the file of keys'],
    [
      'redirector rules sign https://partner.example/offer --signing-keys keys.yaml --base https://go.example/r --expires 30d',
      'A link that holds for thirty days',
    ],
  ],
  takes: ['signing.keys'],
  json: true,
  own: {
    newKey: ownOption({
      type: boolean,
      default: false,
      help: 'Print a new key and sign nothing.',
      accepts: ['true'],
      refuses: ['maybe'],
    }),
    key: ownOption({
      type: nonEmptyText,
      defaultText: 'the last of the file',
      help: 'The id of the key to sign with.',
      accepts: ['2026-11'],
      refuses: [''],
    }),
    expires: ownOption({
      type: duration,
      defaultText: 'never',
      help: 'How long from now the link holds.',
      accepts: ['30d', '12h'],
      refuses: ['30'],
    }),
    base: ownOption({
      type: httpUrl,
      help: 'The address of the rule, to print whole links.',
      accepts: ['https://go.example/r'],
      refuses: ['go.example/r'],
    }),
    parameter: parameterOption,
  },
  args: {
    target: optionalArgument({
      type: httpUrl,
      help: 'Where the link leads, as it will stand in Location.',
      accepts: ['https://partner.example/offer?id=7'],
      refuses: ['partner.example'],
    }),
  },
  async run({ args: { target }, own, json, loadConfig }) {
    if (own.newKey) {
      const id = new Date().toISOString().slice(0, 10);
      const key = randomBytes(KEY_BYTES).toString('base64url');
      if (json) printJson({ id, key });
      else printLine(`${id}: ${key}`);
      return exitCode.ok;
    }
    if (target === undefined) throw userError('USAGE', { reason: 'Give a target to sign, or --new-key.' });
    const { keysOf } = await import('../../../server/redirect/rules.ts');
    const { signTarget } = await import('../../../server/redirect/dynamic-target.ts');
    const { problemOf } = await import('../../signed-links.ts');
    const keys = keysOf(loadConfig().config);
    if (keys.size === 0) throw userError('USAGE', { reason: 'Signing needs --signing-keys FILE.' });
    const id = own.key ?? [...keys.keys()].at(-1)!;
    const key = keys.get(id);
    if (key === undefined) {
      throw userError('USAGE', {
        reason: `There is no key "${id}"; there are ${[...keys.keys()].join(', ')}.`,
      });
    }
    const expires = own.expires === undefined ? undefined : Math.floor((Date.now() + own.expires) / 1000);
    const query = signTarget(target, { id, key }, expires, own.parameter);
    const problem = problemOf(query, own.parameter, keys, Date.now());
    if (problem !== undefined)
      throw userError('USAGE', { reason: `No server would take this target: ${problem}.` });
    const link = own.base === undefined ? query : `${own.base}${own.base.includes('?') ? '&' : '?'}${query}`;
    if (json) printJson({ link, target, key: id, expires: expires ?? null });
    else printLine(link);
    return exitCode.ok;
  },
});
