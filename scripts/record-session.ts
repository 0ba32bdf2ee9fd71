/** `npm run docs:session`: writes what the commands of docs/quick-start.md print today into that page. */
import { readFileSync, writeFileSync } from 'node:fs';
import { play, stepsOf, withSeen } from './session.ts';

const path = new URL('../docs/quick-start.md', import.meta.url);
const page = readFileSync(path, 'utf8');
const steps = await play(stepsOf(page).map(({ command }) => command));
writeFileSync(path, withSeen(page, steps));
process.stderr.write('docs/quick-start.md is written.\n');
