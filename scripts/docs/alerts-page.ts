/** docs/alerts.md, from the rules for Prometheus. */
import { type Alert, isAlert, ruleFile, rulesOf } from './alert-rules.ts';

const INTRODUCTION = `# Alerts

What [alerts.yaml](../charts/redirector/files/alerts.yaml) tells Prometheus to watch, and what to do when one fires.
[operations.md](operations.md#prometheus-and-grafana) says how to load it. A \`page\` needs a person now, as answers or records are
being lost or soon will be; a \`ticket\` can wait for the day. The metrics are in [telemetry.md](telemetry.md).

The objectives behind the alerts that burn a budget, over 30 days: 99.9 % of answers within 10 ms, and instances that are there for
99.9 % of the time, as Prometheus sees it.
`;

const section = ({ alert, expr, labels, annotations, ...rule }: Alert): string => `## ${alert}

**${annotations.summary}** A ${labels.severity}, ${rule.for === undefined ? 'at once' : `after ${rule.for}`}.

${annotations.action}

\`\`\`promql
${expr.trimEnd()}
\`\`\`
`;

/** The page's text. */
export const alertsPage = (): string =>
  [INTRODUCTION, ...rulesOf(ruleFile()).filter(isAlert).map(section)].join('\n');
