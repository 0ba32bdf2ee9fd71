/** `redirector spool tail` */
import { statSync } from 'node:fs';
import { exitCode } from '../../../errors.ts';
import { boolean, integer } from '../../../option-types.ts';
import type { SpoolReader } from '../../../server/sink/spool-reader.ts';
import { defineCommand, ownOption } from '../../command.ts';
import { interruption, pause } from '../../interruption.ts';
import { note } from '../../output.ts';
import { printRecords } from './records.ts';

const FOLLOW_EVERY_MS = 200;

export const command = defineCommand({
  details:
    'Reads beside a running server. --follow goes on until Ctrl-C, which ends it with exit code 0, also when the ' +
    'server is started anew or the spool is replaced by another. Records that are played back to Kafka sooner than they are seen are not printed.',
  examples: [
    ['redirector spool tail', 'Prints the last 10 records of ./redirector-spool.db'],
    ['redirector spool tail --lines 1 --follow', 'Prints the last record, then each new one as it comes'],
  ],
  takes: ['spool.path'],
  own: {
    lines: ownOption({
      type: integer(0, 1_000_000),
      default: 10,
      help: 'How many of the newest records to print.',
      accepts: ['1', '100'],
      refuses: ['-1', 'all'],
    }),
    follow: ownOption({
      type: boolean,
      default: false,
      help: 'Go on printing records as they come, until interrupted.',
      accepts: ['true'],
      refuses: ['maybe'],
    }),
  },
  async run({ own, loadConfig }) {
    const path = loadConfig().config['spool.path'];
    const { SpoolReader } = await import('../../../server/sink/spool-reader.ts');
    const open = () => new SpoolReader(path);
    const reader = open();
    const offset = await printRecords(reader, Math.max(0, reader.nextOffset() - own.lines));
    if (own.follow) await follow(path, reader, offset, open);
    else reader.close();
    return exitCode.ok;
  },
});

/** Which file stands at a path; undefined: none. */
const fileAt = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

async function follow(
  path: string,
  first: SpoolReader,
  from: number,
  open: () => SpoolReader,
): Promise<void> {
  const interrupted = interruption();
  let [reader, file, offset] = [first, fileAt(path), from];
  while (!interrupted.aborted) {
    const found = fileAt(path);
    if (found !== undefined && found !== file) {
      reader.close();
      [reader, file, offset] = [open(), found, 0];
      note(`"${path}" is another file now.`);
    }
    offset = await printRecords(reader, offset);
    await pause(FOLLOW_EVERY_MS, interrupted);
  }
  reader.close();
}
