/** `redirector spool tail` */
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCode } from '../../../errors.ts';
import { boolean, integer } from '../../../option-types.ts';
import { defineCommand, ownOption } from '../../command.ts';
import { printRecords } from './records.ts';

const FOLLOW_EVERY_MS = 200;

export const command = defineCommand({
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
    const { SpoolReader } = await import('../../../server/sink/spool-reader.ts');
    const reader = new SpoolReader(loadConfig().config['spool.path']);
    let offset = await printRecords(reader, Math.max(0, reader.nextOffset() - own.lines));
    while (own.follow) {
      await sleep(FOLLOW_EVERY_MS);
      offset = await printRecords(reader, offset);
    }
    reader.close();
    return exitCode.ok;
  },
});
