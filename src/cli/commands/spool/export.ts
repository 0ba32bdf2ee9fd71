/** `redirector spool export` */
import { exitCode } from '../../../errors.ts';
import { defineCommand } from '../../command.ts';
import { printRecords } from './records.ts';

export const command = defineCommand({
  details: 'Reads beside a running server; nothing is removed from the spool.',
  examples: [
    [
      'redirector spool export --spool-path old.db > clicks.jsonl',
      'Writes every record of a spool to a file',
    ],
  ],
  takes: ['spool.path'],
  async run({ loadConfig }) {
    const { SpoolReader } = await import('../../../server/sink/spool-reader.ts');
    const reader = new SpoolReader(loadConfig().config['spool.path']);
    await printRecords(reader, 0);
    reader.close();
    return exitCode.ok;
  },
});
