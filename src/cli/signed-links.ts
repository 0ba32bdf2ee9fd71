/** Signed links, as the commands that make and judge them see them: by the code that judges them in a server. */
import { queryName } from '../option-types.ts';
import { type DynamicTarget, dynamicTarget, type SigningKeys } from '../server/redirect/dynamic-target.ts';
import { ownOption } from './command.ts';

export const parameterOption = ownOption({
  type: queryName,
  default: 'u',
  help: 'The query parameter with the target, as the rule names it.',
  accepts: ['u', 'url'],
  refuses: ['a b'],
});

/** What a server makes of a link to a rule that takes any signed target. */
export const judgeLink = (query: string, parameter: string, keys: SigningKeys, now: number): DynamicTarget =>
  dynamicTarget({ parameter, schemes: ['http', 'https'], hosts: [], isSigned: true }, keys, query, now);

/** Why it would refuse a link; undefined: it would not. */
export function problemOf(
  query: string,
  parameter: string,
  keys: SigningKeys,
  now: number,
): string | undefined {
  const judged = judgeLink(query, parameter, keys, now);
  return judged.kind === 'refused' ? judged.reason : undefined;
}
