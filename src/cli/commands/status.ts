/** `redirector status`: what a running server counts, from its admin API. */
import { exitCode } from '../../errors.ts';
import { boolean, duration } from '../../option-types.ts';
import { adminKeys, adminUrlOption, fetchStats, statsUrlOf } from '../admin-client.ts';
import { defineCommand, ownOption } from '../command.ts';
import { printJson, printTable } from '../output.ts';
import { styledRows } from '../status-rows.ts';

export const command = defineCommand({
  details:
    'Exits 3 when the server does not answer. --watch goes on until it is interrupted, also while a server that had ' +
    'answered is away: on a terminal it draws the table anew, elsewhere it prints one line each time, and with --json ' +
    'one JSON document a line, with what happened a second since the one before.',
  examples: [
    ['redirector status', 'The server on this machine with the default ports'],
    ['redirector status --admin-url http://10.0.0.7:8081/ --watch', 'Another, again every second'],
    ['redirector status --watch --interval 10s --json >> status.jsonl', 'For a program, every ten seconds'],
  ],
  takes: adminKeys,
  json: true,
  own: {
    adminUrl: adminUrlOption,
    watch: ownOption({
      type: boolean,
      default: false,
      help: 'Look again and again, with rates.',
      accepts: ['true'],
      refuses: ['often'],
    }),
    interval: ownOption({
      type: duration,
      default: 1000,
      help: 'How long --watch waits between two looks.',
      accepts: ['1s', '500ms'],
      refuses: ['1', 'often'],
    }),
  },
  async run({ own, json, loadConfig }) {
    const { config } = loadConfig();
    const ask = () => fetchStats(statsUrlOf(config, own.adminUrl), config['admin.token']);
    const stats = await ask();
    if (own.watch) {
      const { watchStatus } = await import('../status-watch.ts');
      await watchStatus({ first: stats, ask, intervalMs: own.interval, json });
    } else if (json) {
      printJson(stats);
    } else {
      printTable(styledRows(stats));
    }
    return exitCode.ok;
  },
});
