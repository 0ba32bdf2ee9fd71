/** `redirector loadtest`: a server under load, and whether every answer became a record. */
import { exitCode } from '../../errors.ts';
import { defineCommand } from '../command.ts';
import { printJson, printTable } from '../output.ts';
import { loadtestFlags } from './loadtest/flags.ts';

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
    ['redirector loadtest --find-max --p99 5ms', 'The highest rate that keeps a p99 of 5 ms'],
    ['redirector loadtest --case broker-outage --report report.html', 'A case, with a page of what happened'],
    ['redirector loadtest --max --duration 10', 'As fast as it goes'],
  ],
  details:
    'Requests are sent when they are due, whatever the server does, and latency counts from then. Afterwards the ' +
    'answers, the counts of the server and the records in the topic (or spool) are compared. Exits with 0 for a ' +
    'pass, 1 for a fail. Without --url it starts a server of its own, with a temporary topic or spool: it never ' +
    'writes into a topic of yours.',
  takes: ['http', 'record', 'kafka', 'queue', 'spool', 'admin', 'shutdown', 'telemetry'],
  json: true,
  own: loadtestFlags,
  async run({ own, json, loadConfig }) {
    if (own.cases) {
      const { caseNames, readCase } = await import('../../../loadtest/case-file.ts');
      const cases = caseNames().map((name) => ({ name, description: readCase(name).description }));
      if (json) printJson(cases);
      else printTable(cases.map(({ name, description }) => [name, description]));
      return exitCode.ok;
    }
    const { prepare } = await import('./loadtest/prepare.ts');
    const prepared = prepare(own, json, (preset) => loadConfig({ preset }));

    const interrupt = new AbortController();
    const onSignal = (): void => {
      // The second one does not wait for the cleaning up; children are killed on exit all the same.
      if (interrupt.signal.aborted) process.exit(INTERRUPTED);
      interrupt.abort();
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const signal of signals) process.on(signal, onSignal);
    try {
      const verdict = await prepared.run(interrupt.signal);
      return verdict === 'pass' ? exitCode.ok : exitCode.checkFailed;
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      prepared.interrupted();
      return INTERRUPTED;
    } finally {
      for (const signal of signals) process.off(signal, onSignal);
    }
  },
});
