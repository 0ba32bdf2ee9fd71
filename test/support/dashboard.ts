/** The dashboard for Grafana, as the tests read it. */
import { readFileSync } from 'node:fs';

const dashboardPath = new URL('../../charts/redirector/files/dashboard.json', import.meta.url);

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

export interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly panels: readonly Panel[];
}

export const readDashboard = (): Dashboard => JSON.parse(readFileSync(dashboardPath, 'utf8'));

/** Every query of the dashboard, with all instances chosen and these windows filled in. */
export function dashboardQueries({ panels }: Dashboard, window: string) {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({
      panel: title,
      legend: legendFormat,
      expression: expr
        .replaceAll(/\$(job|instance)\b/g, '.+')
        .replaceAll(/\$__(rate_interval|range)\b/g, window),
    })),
  );
}
