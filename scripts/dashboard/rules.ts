/** The row of the rules in force. */
import { figure, lines, type Row } from './panels.ts';
import { of } from './promql.ts';

export const rulesRow: Row = {
  title: 'Rules',
  width: 8,
  height: 6,
  panels: [
    figure({
      title: 'Instances by rules in force',
      description: 'By the hash of rules file and signing keys: one where all of them have the same.',
      unit: 'short',
      series: {
        '{{redirector_rules_hash}}': `count by (redirector_rules_hash) (${of('redirector_rules_info')})`,
      },
    }),
    lines({
      title: 'Version of the rules',
      description: 'One more with each reload that brought others.',
      unit: 'short',
      series: { '{{instance}}': of('redirector_rules_version') },
    }),
    lines({
      title: 'Rules files with a mistake',
      description: 'Instances whose rules file is not in force.',
      unit: 'short',
      series: { refused: `sum(${of('redirector_rules_refused')})` },
    }),
  ],
};
