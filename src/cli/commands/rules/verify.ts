/** `redirector rules verify`. */
import { exitCode, userError } from '../../../errors.ts';
import { nonEmptyText } from '../../../option-types.ts';
import { defineCommand, requiredArgument } from '../../command.ts';
import { printJson, printLine } from '../../output.ts';
import { parameterOption } from '../../signed-links.ts';

export const command = defineCommand({
  details:
    'Says whether a server with these keys would take a signed link now, and where it leads. Exits 0 or 1.',
  examples: [
    [
      "redirector rules verify 'https://go.example/r?u=https%3A%2F%2Fpartner.example%2F&k=2026-11&s=...' --signing-keys keys.yaml",
      'Why a link is refused',
    ],
  ],
  takes: ['signing.keys'],
  json: true,
  own: { parameter: parameterOption },
  args: {
    link: requiredArgument({
      type: nonEmptyText,
      help: 'The link, or its query.',
      accepts: ['https://go.example/r?u=https%3A%2F%2Fpartner.example%2F&k=2026-11&s=abc'],
      refuses: [''],
    }),
  },
  async run({ args: { link }, own: { parameter }, json, loadConfig }) {
    const { keysOf } = await import('../../../server/redirect/rules.ts');
    const { judgeLink } = await import('../../signed-links.ts');
    const keys = keysOf(loadConfig().config);
    if (keys.size === 0) throw userError('USAGE', { reason: 'Verifying needs --signing-keys FILE.' });
    const query = link.slice(link.indexOf('?') + 1);
    const judged = judgeLink(query, parameter, keys, Date.now());
    const isTaken = judged.kind === 'target';
    if (json) {
      printJson({
        ok: isTaken,
        target: isTaken ? judged.target : null,
        status: isTaken ? null : judged.status,
        reason: isTaken ? null : judged.reason,
      });
    } else {
      printLine(isTaken ? `ok: ${judged.target}` : `refused with ${judged.status}: ${judged.reason}`);
    }
    return isTaken ? exitCode.ok : exitCode.checkFailed;
  },
});
