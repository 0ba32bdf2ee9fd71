/** `redirector spool status` */
import { exitCode } from '../../../errors.ts';
import { defineCommand } from '../../command.ts';
import { printJson, printTable } from '../../output.ts';

export const command = defineCommand({
  examples: [['redirector spool status --json', 'Prints records, bytes and age of the spool as JSON']],
  takes: ['spool.path', 'spool.maxBytes'],
  json: true,
  async run({ json, loadConfig }) {
    const { config } = loadConfig();
    const { SpoolReader } = await import('../../../server/sink/spool-reader.ts');
    const reader = new SpoolReader(config['spool.path']);
    const { records, bytes, rows, oldestTime } = reader.level();
    const oldest = oldestTime === null ? null : new Date(oldestTime).toISOString();
    const status = {
      path: config['spool.path'],
      records,
      bytes,
      maxBytes: config['spool.maxBytes'],
      batches: rows,
      oldest,
      nextOffset: reader.nextOffset(),
    };
    reader.close();
    if (json) printJson(status);
    else printTable(Object.entries(status).map(([name, value]) => [name, value ?? 'none']));
    return exitCode.ok;
  },
});
