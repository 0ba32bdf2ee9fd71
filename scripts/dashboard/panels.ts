/** Grafana's panels, as far as the dashboard needs them: what they show in few words, and the JSON that Grafana wants of it. */

/** Units by Grafana's names for them. */
export type Unit = 'short' | 'reqps' | 'wps' | 'cps' | 'bytes' | 's' | 'percentunit' | 'none';

/** What a panel draws: expressions in PromQL by their legends. */
export type Series = Readonly<Record<string, string>>;

/** A panel without its place: that comes with the row that it is in. */
export interface Panel {
  readonly type: 'timeseries' | 'stat' | 'heatmap';
  readonly title: string;
  readonly description: string;
  readonly [setting: string]: unknown;
}

/** A titled row of panels, all of one height. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
  /** In cells of the grid, which has 24 in a line. */
  readonly width: number;
  readonly height: number;
}

/** The data source that is chosen at the top of the dashboard. */
export const datasource = { type: 'prometheus', uid: '$datasource' } as const;

const targets = (series: Series, settings: object) =>
  Object.entries(series).map(([legendFormat, expr], index) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    datasource,
    editorMode: 'code',
    expr,
    legendFormat,
    range: true,
    ...settings,
  }));

interface Shown {
  readonly title: string;
  /** What it means, for who sees it for the first time. */
  readonly description: string;
  readonly unit: Unit;
  readonly series: Series;
}

/** Lines over time. With `exemplars`, single traced requests are dots in it that lead to their traces. */
export const lines = ({
  title,
  description,
  unit,
  series,
  exemplars = false,
}: Shown & { readonly exemplars?: boolean }): Panel => ({
  type: 'timeseries',
  title,
  description,
  datasource,
  fieldConfig: {
    defaults: { unit, custom: { axisSoftMin: 0, fillOpacity: 8, lineWidth: 1, showPoints: 'never' } },
    overrides: [],
  },
  options: {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  targets: targets(series, { exemplar: exemplars }),
});

/** One figure, green below `red` and red from there on, or without a colour of its own. */
export const figure = ({
  title,
  description,
  unit,
  series,
  red,
}: Shown & { readonly red?: number }): Panel => ({
  type: 'stat',
  title,
  description,
  datasource,
  fieldConfig: {
    defaults: {
      unit,
      thresholds: {
        mode: 'absolute',
        steps: [
          { color: red === undefined ? 'text' : 'green', value: null },
          ...(red === undefined ? [] : [{ color: 'red', value: red }]),
        ],
      },
    },
    overrides: [],
  },
  options: {
    colorMode: 'value',
    graphMode: 'area',
    textMode: 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  },
  targets: targets(series, {}),
});

/** A histogram over time, from an expression that keeps `le`; traced requests are dots in it that lead to their traces. */
export const heatmap = ({
  title,
  description,
  unit,
  expression,
}: Omit<Shown, 'series'> & { readonly expression: string }): Panel => ({
  type: 'heatmap',
  title,
  description,
  datasource,
  fieldConfig: { defaults: { custom: {} }, overrides: [] },
  options: {
    calculate: false,
    cellGap: 1,
    color: { mode: 'scheme', scheme: 'Oranges', scale: 'exponential', exponent: 0.5, steps: 64 },
    exemplars: { color: 'rgba(255,0,255,0.7)' },
    filterValues: { le: 1e-9 },
    legend: { show: true },
    rowsFrame: { layout: 'auto' },
    tooltip: { mode: 'single', yHistogram: true },
    yAxis: { axisPlacement: 'left', unit },
  },
  targets: targets({ '{{le}}': expression }, { format: 'heatmap', exemplar: true }),
});
