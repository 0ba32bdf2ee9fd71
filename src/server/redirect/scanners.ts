/** The file of `record.scanners`: networks from which nobody clicks, one a line; `#` begins a comment. */
import { readFileSync } from 'node:fs';
import { reasonOf, userError } from '../../errors.ts';
import { isNetwork } from '../../networks.ts';

/**
 * Reads it; without a path there are none.
 * @throws RedirectorError SCANNERS_INVALID with the line
 */
export function readScanners(path: string | undefined): readonly string[] {
  if (path === undefined) return [];
  const invalid = (reason: string): Error => userError('SCANNERS_INVALID', { path, reason });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(reasonOf(error));
  }
  const networks: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const network = line.replace(/#.*/, '').trim();
    if (network === '') continue;
    if (!isNetwork(network)) throw invalid(`"${network}" is not an address or a network (line ${index + 1})`);
    networks.push(network);
  }
  return networks;
}
