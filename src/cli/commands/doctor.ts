/** `redirector doctor`: whether a server with this configuration would do well here, and what to do where not. */
import { RedirectorError } from '../../errors.ts';
import { groupTitles, type OptionGroup } from '../../options.ts';
import { instrumentationList } from '../../telemetry/instrumentation-list.ts';
import { defineCommand } from '../command.ts';
import type { NamedFinding, Patient } from '../doctor/finding.ts';
import { asDocument, codeOf, printFindings } from '../doctor/show.ts';
import { printJson } from '../output.ts';

export const command = defineCommand({
  details:
    'Takes what serve takes, looks at the machine, the ports, Kafka, the spool and the collector, and changes nothing. ' +
    'The right to write to the topic it asks for with a batch that no broker can accept. ' +
    'Exits 0 when nothing failed, 1 when something did, 2 when the configuration is not valid, 3 when all that failed ' +
    'is that something outside cannot be reached.',
  examples: [
    ['redirector doctor --config redirector.yaml', 'What a server with that file would meet'],
    ['redirector doctor --target https://example.com/ --brokers kafka:9092 --json', 'The same for a program'],
  ],
  takes: Object.keys(groupTitles) as OptionGroup[],
  json: true,
  async run({ json, loadConfig }) {
    const { env } = process;
    const findings = await findingsOf(() => ({ config: loadConfig().config, env }));
    if (json) {
      const checks = asDocument(findings);
      const ok = checks.every(({ outcome }) => outcome !== 'failed');
      printJson({ ok, checks, instrumentations: instrumentationList(env) });
    } else {
      printFindings(findings);
    }
    return codeOf(findings);
  },
});

/** What is wrong with the options themselves is the first finding, and then the only one. */
async function findingsOf(patient: () => Patient): Promise<NamedFinding[]> {
  const { examine } = await import('../doctor/examine.ts');
  let known: Patient;
  try {
    known = patient();
  } catch (error) {
    if (!(error instanceof RedirectorError)) throw error;
    const { message, hint } = error;
    const problems = message
      .split('\n')
      .map((found) => ({ check: 'configuration', outcome: 'failed', found, hint }) as const);
    const rest = 'The other checks need a valid configuration.';
    return [...problems, { check: 'all else', outcome: 'skipped', found: rest }];
  }
  return examine(known);
}
