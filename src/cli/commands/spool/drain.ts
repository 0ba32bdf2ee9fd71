/** `redirector spool drain`: sends what the spool holds to Kafka. */
import { exitCode } from '../../../errors.ts';
import { duration } from '../../../option-types.ts';
import { adminKeys, adminUrlOption, statsUrlOf } from '../../admin-client.ts';
import { defineCommand, ownOption } from '../../command.ts';
import { note, printJson, printLine } from '../../output.ts';

export const command = defineCommand({
  details:
    'Where a server owns the spool and logs to Kafka, it sends the spool by itself: this waits until it is empty. Where ' +
    'none does, this command owns the spool meanwhile and sends it as a server would: a row leaves the spool when its ' +
    'batch was acknowledged, and whoever sends after a crash does so under the same numbers. ' +
    'Ctrl-C ends it as --timeout does: what is not acknowledged stays in the spool. ' +
    'Exits 0 when the spool is empty, 1 when something is left or was refused for good, 3 when no broker ' +
    'can be reached at the start.',
  examples: [
    ['redirector spool drain --brokers localhost:9092', 'Sends ./redirector-spool.db to the topic "log"'],
    ['redirector spool drain --config redirector.yaml --timeout 1h --json', 'The spool of a configuration'],
  ],
  takes: ['kafka', 'spool.path', 'queue.maxBytes', 'shutdown.deadline', ...adminKeys],
  json: true,
  own: {
    adminUrl: adminUrlOption,
    timeout: ownOption({
      type: duration,
      default: 10 * 60_000,
      help: 'How long it may take.',
      accepts: ['10m', '30s'],
      refuses: ['10'],
    }),
  },
  async run({ own, json, debug, loadConfig }) {
    const { config } = loadConfig();
    const { drainSpool } = await import('../../spool-drain.ts');
    const statsUrl = statsUrlOf(config, own.adminUrl);
    const result = await drainSpool({ config, statsUrl, timeoutMs: own.timeout, debug });
    const { by, delivered, rejected, left } = result;
    if (json) printJson({ path: config['spool.path'], ...result });
    else {
      if (left === 0) printLine(by === null ? 'The spool was empty.' : 'The spool is empty.');
      else printLine(`${left} records are left in the spool.`);
      if (delivered !== null) note(`${delivered} records were sent.`);
      if (rejected) note(`${rejected} records were refused by the brokers for good, and are gone.`);
    }
    return left === 0 && !rejected ? exitCode.ok : exitCode.checkFailed;
  },
});
