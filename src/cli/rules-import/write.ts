/** Writes imported rules as a rules file that passes the check. */
import { Document, isMap, isSeq } from 'yaml';
import type { Config } from '../../config.ts';
import { judgeRules } from '../../server/redirect/rules.ts';
import type { Draft, Imported } from './imported.ts';

/**
 * Makes the text. Rules that the check refuses are left out and told.
 * @param name of the file that they come from, for comments
 * @returns undefined where no rule is left
 */
export function rulesText(
  drafts: readonly Draft[],
  name: string,
  imported: Imported,
  config: Config,
): string | undefined {
  let rules = drafts;
  while (rules.length > 0) {
    const text = textOf(rules, name);
    const judged = judgeRules(text, config, new Map());
    if (judged.kind === 'rules') {
      for (const { place, reason } of judged.warnings)
        imported.differ(rules[Number(place[1])]!.line, [reason]);
      return text;
    }
    const refused = new Map(judged.mistakes.map(({ place, reason }) => [Number(place[1]), reason]));
    for (const [index, reason] of refused) imported.left.push({ line: rules[index]!.line, reason });
    rules = rules.filter((_, index) => !refused.has(index));
  }
  return undefined;
}

function textOf(drafts: readonly Draft[], name: string): string {
  const document = new Document({ rules: drafts.map(plainRule) });
  const list = document.get('rules');
  // A comment says where rules come from, where that changes.
  for (const [index, item] of (isSeq(list) ? list.items : []).entries()) {
    const { line } = drafts[index]!;
    if (isMap(item) && line !== drafts[index - 1]?.line) item.commentBefore = ` ${name}:${line}`;
  }
  return document.toString({ lineWidth: 0 });
}

/** A rule with the keys that it needs, in the order in which people read them. */
function plainRule({ hosts, kind, path, when = {}, target, action, status, passesQuery }: Draft): object {
  return {
    ...(hosts.length === 0 ? {} : { host: hosts.length === 1 ? hosts[0] : hosts }),
    [kind]: path,
    ...(Object.keys(when).length === 0 ? {} : { when }),
    ...(target === undefined ? {} : { target }),
    ...(action === undefined ? {} : { action }),
    ...(status === undefined ? {} : { status }),
    ...(passesQuery === true ? { query: 'all' } : {}),
  };
}
