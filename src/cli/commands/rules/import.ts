/** `redirector rules import`. */
import { writeFileSync } from 'node:fs';
import { exitCode, reasonOf, userError } from '../../../errors.ts';
import { httpUrl, nonEmptyText, oneOf } from '../../../option-types.ts';
import { defineCommand, ownOption, requiredArgument } from '../../command.ts';
import { note, styled } from '../../output.ts';
import { readText, rulesOptions, shownName } from '../../rules-file.ts';
import type { Format } from '../../rules-import/formats.ts';
import type { Remark } from '../../rules-import/imported.ts';

export const command = defineCommand({
  details:
    'Reads nginx (return, rewrite, if, location, map), Apache (Redirect, RedirectMatch, RewriteRule), _redirects of Netlify and Cloudflare Pages, and CSV with from, to and status. The rules go to standard output; standard error names each line that is not carried over, and why, and each that means something a little different here. Exits 1 when lines are left.',
  examples: [
    ['redirector rules import /etc/nginx/sites-enabled/old > rules.yaml', 'The redirects of an nginx site'],
    ['redirector rules import .htaccess --base https://www.example.com', 'With targets that are paths'],
    ['redirector rules import --from csv export.txt --output rules.yaml', 'A table from elsewhere'],
  ],
  takes: rulesOptions,
  own: {
    from: ownOption({
      type: oneOf('auto', 'nginx', 'htaccess', 'redirects', 'csv'),
      default: 'auto',
      help: 'What the file is; auto looks at its name and its text.',
      accepts: ['nginx', 'csv'],
      refuses: ['apache3'],
    }),
    base: ownOption({
      type: httpUrl,
      help: 'Scheme and host of targets that are paths alone.',
      accepts: ['https://www.example.com'],
      refuses: ['www.example.com'],
    }),
    output: ownOption({
      type: nonEmptyText,
      defaultText: 'standard output',
      help: 'The file to write; one that is there is replaced.',
      accepts: ['rules.yaml'],
      refuses: [''],
    }),
  },
  args: {
    file: requiredArgument({
      type: nonEmptyText,
      help: 'The file to read; - reads standard input.',
      accepts: ['nginx.conf', '-'],
      refuses: [''],
    }),
  },
  async run({ args: { file }, own: { from, base, output }, loadConfig }) {
    const { formatOf, formats } = await import('../../rules-import/formats.ts');
    const { inOrder } = await import('../../rules-import/order.ts');
    const { rulesText } = await import('../../rules-import/write.ts');
    const { config } = loadConfig();
    const text = await readText(file);
    const format = from === 'auto' ? formatOf(file, text) : (from as Format);
    const name = shownName(file);
    if (format === undefined)
      throw userError('USAGE', { reason: `What ${name} is cannot be seen: say --from.` });
    const imported = formats[format].read(text, { base: base?.replace(/\/$/, '') });
    const rules = rulesText(inOrder(imported), name, imported, config);
    if (rules !== undefined) write(rules, output);
    report(name, 'differs', imported.differing);
    report(name, 'left', imported.left);
    const { length } = imported.left;
    note(
      rules === undefined
        ? `${name}: there is no redirect that can be carried over`
        : `${name}: ${length === 0 ? 'all is' : `${length} left, the rest is`} carried over`,
    );
    return length === 0 && rules !== undefined ? exitCode.ok : exitCode.checkFailed;
  },
});

function write(rules: string, output: string | undefined): void {
  if (output === undefined) {
    process.stdout.write(rules);
    return;
  }
  try {
    writeFileSync(output, rules);
  } catch (error) {
    throw userError('USAGE', { reason: `"${output}" cannot be written: ${reasonOf(error)}.` });
  }
}

function report(name: string, kind: 'differs' | 'left', remarks: readonly Remark[]): void {
  const label = styled(kind === 'left' ? 'red' : 'yellow', kind, process.stderr);
  const inLines = remarks.toSorted((a, b) => a.line - b.line);
  const told = new Set(inLines.map(({ line, reason }) => `${name}:${line}: ${label}: ${reason}`));
  for (const remark of told) note(remark);
}
