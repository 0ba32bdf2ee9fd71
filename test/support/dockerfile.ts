/** Reads a Dockerfile and its .dockerignore, as far as ours go. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Step {
  /** In upper case: `COPY`. */
  readonly instruction: string;
  /** All that follows it. */
  readonly rest: string;
}

/** One stage of a Dockerfile, which begins with its FROM. */
export interface Stage {
  /** Of `FROM image AS name`; the last stage, which is the image, needs none. */
  readonly name: string | undefined;
  readonly from: string;
  readonly steps: readonly Step[];
}

export function dockerfileStages(path: string): Stage[] {
  const lines = readFileSync(path, 'utf8')
    .replace(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter(Boolean);
  const stages: (Stage & { steps: Step[] })[] = [];
  for (const line of lines) {
    const [, instruction, rest] = /^([A-Z]+) +(.+)$/.exec(line) ?? [];
    if (instruction === undefined) throw new Error(`not an instruction: ${line}`);
    if (instruction === 'FROM') {
      const [from, , name] = rest!.split(' ');
      stages.push({ from: from!, name, steps: [] });
    } else {
      stages.at(-1)!.steps.push({ instruction, rest: rest! });
    }
  }
  return stages;
}

/** The command in the form of a list that a step ends with: `CMD ["node", "x.js"]`. */
export const commandOf = ({ rest }: Step): string[] => JSON.parse(rest.slice(rest.indexOf('[')));

/** Copies what .dockerignore lets through of a folder. It must begin with `*` and name what is let through, an entry a line. */
export function copyContext(from: string, to: string): void {
  const [all, ...exceptions] = readFileSync(join(from, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (all !== '*') throw new Error('.dockerignore does not begin with "*"');
  for (const line of exceptions) {
    const [, entry] = /^!([\w.-]+)$/.exec(line) ?? [];
    if (entry === undefined) throw new Error(`not an entry of .dockerignore: ${line}`);
    cpSync(join(from, entry), join(to, entry), { recursive: true });
  }
}
