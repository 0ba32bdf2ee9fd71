/** `redirector loadtest`: a server under an even load, and whether every answer became a record. */

import { requestPath, runSeconds, statuses } from '../../../loadtest/settings.ts';
import { exitCode } from '../../errors.ts';
import { boolean, duration, httpUrl, integer } from '../../option-types.ts';
import { defineCommand, ownOption } from '../command.ts';
import { note, printJson, printTable, styled } from '../output.ts';

/** 128 + SIGINT, as shells say it. */
const INTERRUPTED = 130;

export const command = defineCommand({
  examples: [
    ['redirector loadtest --rps 2000 --duration 10', 'Tests a server of its own, with a temporary spool'],
    [
      'redirector loadtest --brokers localhost:9092',
      'The same with a temporary topic, 15,000 a second for 30 s',
    ],
    [
      'redirector loadtest --url http://localhost:8080/ --admin-url http://localhost:8081 --rps 500',
      'Tests a server that runs already',
    ],
    ['redirector loadtest --max --duration 10', 'As fast as it goes'],
  ],
  details:
    'Requests are sent evenly spread at the rate asked for, whatever the server does, and latency counts from the ' +
    'moment at which each was due. Afterwards the answers, the counts of the server and the records in the topic ' +
    '(or spool) are compared. Exits with 0 for a pass, 1 for a fail. Without --url it starts a server of its own, ' +
    'with a temporary topic or spool: it never writes into a topic of yours.',
  takes: ['http', 'record', 'kafka', 'queue', 'spool', 'admin', 'shutdown', 'telemetry'],
  json: true,
  own: {
    rps: ownOption({
      type: integer(1, 200_000),
      defaultText: '15000',
      help: 'Requests a second, evenly spread.',
      accepts: ['1', '15000', '200000'],
      refuses: ['0', '200001', '1.5', 'fast'],
    }),
    max: ownOption({
      type: boolean,
      default: false,
      help: 'As fast as it goes, instead of --rps: each connection sends again as soon as it is answered.',
      accepts: ['true'],
      refuses: ['2'],
    }),
    duration: ownOption({
      type: runSeconds,
      default: 30,
      help: 'How long requests are sent.',
      accepts: ['30', '30s', '1m', '500ms', '0.5'],
      refuses: ['0', '-1', '2d', 'long', '5 potatoes'],
    }),
    connections: ownOption({
      type: integer(1, 10_000),
      default: 64,
      help: 'Connections, kept alive; no more than requests a second are opened.',
      accepts: ['1', '64'],
      refuses: ['0', '10001'],
    }),
    url: ownOption({
      type: httpUrl,
      help: 'The server to test, with the path to request; without it the load test starts one.',
      accepts: ['http://localhost:8080/', 'https://redirector.example.com/a?b=c'],
      refuses: ['localhost:8080'],
    }),
    adminUrl: ownOption({
      type: httpUrl,
      help: 'The admin API of the server at --url; without it only the answers are judged.',
      accepts: ['http://localhost:8081'],
      refuses: ['localhost:8081'],
    }),
    yes: ownOption({
      type: boolean,
      default: false,
      help: 'The server at --url is not on this machine, and may be tested.',
      accepts: ['true'],
      refuses: ['2'],
    }),
    path: ownOption({
      type: requestPath,
      default: '/',
      help: 'What to request of a server that the load test starts.',
      accepts: ['/', '/promo?x=1'],
      refuses: ['promo', '/two words'],
    }),
    trace: ownOption({
      type: boolean,
      default: false,
      help: 'Each request carries a sampled trace of its own (traceparent), as from a caller who traces everything.',
      accepts: ['true'],
      refuses: ['2'],
    }),
    expect: ownOption({
      type: statuses,
      default: [[300, 399]] as readonly (readonly [number, number])[],
      defaultText: '3xx',
      help: 'Statuses that are right; any other answer counts as failed.',
      accepts: ['3xx', '301', '301,302', '2xx,404'],
      refuses: ['moved', '99', '6xx', '301;302'],
    }),
    answerTimeout: ownOption({
      type: duration,
      default: 10_000,
      help: 'How long after it was due a request may be without its answer.',
      accepts: ['10s', '500ms'],
      refuses: ['10'],
    }),
    quietTimeout: ownOption({
      type: duration,
      default: 60_000,
      help: 'How long after the last answer the queue of the server may take to become empty.',
      accepts: ['60s'],
      refuses: ['60'],
    }),
  },
  async run({ own, json, loadConfig }) {
    const [{ runLoadtest }, { checkSettings }, { reportRows }, { watchOnStderr }] = await Promise.all([
      import('../../../loadtest/run.ts'),
      import('../../../loadtest/settings.ts'),
      import('../../../loadtest/report.ts'),
      import('../../../loadtest/watch.ts'),
    ]);
    const { duration: seconds, answerTimeout: answerTimeoutMs, quietTimeout: quietTimeoutMs, ...rest } = own;
    const settings = checkSettings({ ...rest, seconds, answerTimeoutMs, quietTimeoutMs });
    const loaded = loadConfig();
    if (loaded.config.brokers !== undefined) (await import('../kafka-admin.ts')).hideNegativeTimers();

    const interrupt = new AbortController();
    const onSignal = (): void => {
      // The second one does not wait for the cleaning up; children are killed on exit all the same.
      if (interrupt.signal.aborted) process.exit(INTERRUPTED);
      interrupt.abort();
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const signal of signals) process.on(signal, onSignal);
    const watcher = watchOnStderr(seconds);
    try {
      const report = await runLoadtest({ settings, loaded, watcher, signal: interrupt.signal });
      watcher.close();
      if (json) printJson(report);
      else {
        printTable(reportRows(report));
        for (const line of report.notes) note(line);
        const style = report.verdict === 'pass' ? 'green' : 'red';
        for (const reason of report.reasons) printTable([[styled('red', '-'), reason]]);
        printTable([[styled('bold', 'verdict'), styled(style, report.verdict)]]);
      }
      return report.verdict === 'pass' ? exitCode.ok : exitCode.checkFailed;
    } catch (error) {
      watcher.close();
      if (!interrupt.signal.aborted) throw error;
      note('redirector: the load test was interrupted; what it started and made is stopped and removed.');
      return INTERRUPTED;
    } finally {
      for (const signal of signals) process.off(signal, onSignal);
    }
  },
});
