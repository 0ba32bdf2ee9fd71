/** Whether what a document names as its proof is there. */
import { existsSync, readFileSync } from 'node:fs';
import { faults } from '../faults/catalogue.ts';

/** Whether there is such a fault, race, or test (`folder/file: the beginning of its title`). */
const exists: Readonly<Record<string, (name: string) => boolean>> = {
  fault: (wanted) => faults.some(({ name }) => name === wanted),
  race: (name) => existsSync(new URL(`../model/races/${name}.md`, import.meta.url)),
  test: (name) => {
    const [file, title] = name.split(/: (.*)/s);
    const path = new URL(`../${file}.test.ts`, import.meta.url);
    return title !== undefined && existsSync(path) && readFileSync(path, 'utf8').includes(title);
  },
};

/** The proofs that a text names, and those of them that are not there. */
export function proofsIn(text: string): { named: number; missing: string[] } {
  const proofs = [...text.matchAll(/\b(fault|race|test) `([^`]+)`/g)];
  const missing = proofs.filter(([, kind, name]) => !exists[kind!]!(name!)).map(([proof]) => proof);
  return { named: proofs.length, missing };
}
