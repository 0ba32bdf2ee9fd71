import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { isAlert, ruleFile, rulesOf } from '../../scripts/docs/alert-rules.ts';
import { dropReasons } from '../../src/server/queue/drop-reason.ts';
import { type MetricName, metrics } from '../../src/telemetry/metric-names.ts';
import { prometheusLabel, prometheusName } from '../../src/telemetry/prometheus-name.ts';
import { dashboardQueries, readDashboard } from '../support/dashboard.ts';
import { parsePromql, type Selector } from '../support/promql.ts';

interface Series {
  readonly kind: MetricName['kind'];
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
}

/** Labels that Prometheus gives every series of a target. */
const TARGET_LABELS = ['job', 'instance'];

/** Every series that a scrape of Redirector has: of the table, and Prometheus's own. */
const series = new Map<string, Series>([['up', { kind: 'gauge', labels: TARGET_LABELS, buckets: [] }]]);
for (const [key, metric] of Object.entries<MetricName>(metrics)) {
  const name = prometheusName(key, metric);
  const labels = [...TARGET_LABELS, ...Object.keys(metric.attributes ?? {}).map(prometheusLabel)];
  if (metric.kind === 'histogram') {
    series.set(`${name}_bucket`, { kind: 'histogram', labels: [...labels, 'le'], buckets: metric.buckets });
    for (const end of ['_sum', '_count']) series.set(name + end, { kind: 'histogram', labels, buckets: [] });
  } else {
    series.set(name, { kind: metric.kind, labels, buckets: [] });
  }
}

const rules = rulesOf(ruleFile());
const alerts = rules.filter(isAlert);
const recordings = rules.filter((rule) => 'record' in rule);
const recorded = new Set(recordings.map(({ record }) => record));
const dashboard = readDashboard();
const queries = dashboardQueries(dashboard, '5m');

const asked = [
  ...rules.map((rule) => ({ where: isAlert(rule) ? rule.alert : rule.record, expression: rule.expr })),
  ...queries.map(({ panel, legend, expression }) => ({ where: `${panel}: ${legend}`, expression })),
].map(({ where, expression }) => ({ where, ...parsePromql(expression) }));

/** What a matcher may be compared with, for the labels whose values are known. */
function assertKnownValue({ metric, matchers }: Selector, where: string): void {
  for (const { label, operator, value } of matchers) {
    if (label === 'le')
      assert.ok(series.get(metric)!.buckets.includes(Number(value)), `${where}: le="${value}"`);
    if (label === 'redirector_drop_reason' && !operator.includes('~')) {
      assert.ok((dropReasons as readonly string[]).includes(value), `${where}: ${value}`);
    }
  }
}

describe('every expression of the alerts and of the dashboard', () => {
  for (const { where, selectors, groupedBy } of asked) {
    const own = selectors.filter(({ metric }) => !recorded.has(metric));

    it(`asks for metrics, labels and values that there are (${where})`, () => {
      assert.notEqual(selectors.length, 0);
      for (const selector of own) {
        const known = series.get(selector.metric);
        assert.ok(known, `${where} asks for ${selector.metric}`);
        for (const { label } of selector.matchers) {
          assert.ok(known.labels.includes(label), `${where}: ${selector.metric} has no label ${label}`);
        }
        assertKnownValue(selector, where);
      }
      const labels = new Set([...TARGET_LABELS, ...own.flatMap(({ metric }) => series.get(metric)!.labels)]);
      for (const label of groupedBy) assert.ok(labels.has(label), `${where} groups by ${label}`);
    });

    it(`takes counters by their growth and gauges as they are (${where})`, () => {
      for (const { metric, rangeFunction } of own) {
        const grows = series.get(metric)!.kind !== 'gauge';
        const isGrowth = rangeFunction === 'rate' || rangeFunction === 'increase';
        assert.equal(isGrowth, grows, `${where}: ${metric}`);
      }
    });
  }
});

/** As far as it is looked at. */
interface Scenarios {
  readonly tests: readonly {
    readonly promql_expr_test: readonly { readonly exp_samples: readonly { readonly labels: string }[] }[];
  }[];
}

describe('the alerts', () => {
  it('each have a name of their own, a severity, and what to do', () => {
    assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      assert.match(alert, /^Redirector[A-Z]/);
      assert.match(labels.severity, /^(page|ticket)$/, alert);
      assert.deepEqual(Object.keys(annotations), ['summary', 'description', 'action'], alert);
      for (const text of Object.values(annotations)) assert.match(text, /^\S.{10,}\.$/s, alert);
    }
  });

  it('name labels of their metrics in what they tell', () => {
    const labels = new Set([...series.values()].flatMap((known) => known.labels));
    for (const { alert, annotations } of alerts) {
      for (const [, label] of annotations.description.matchAll(/\$labels\.(\w+)/g)) {
        assert.ok(labels.has(label!), `${alert}: ${label}`);
      }
    }
  });

  it("ask only Redirector's jobs for metrics that others have too", () => {
    for (const { where, selectors } of asked.slice(0, rules.length)) {
      for (const { metric, matchers } of selectors) {
        if (/^(redirector_|job:redirector_)/.test(metric)) continue;
        const job = matchers.find(({ label }) => label === 'job');
        assert.deepEqual(
          job,
          { label: 'job', operator: '=~', value: '.*redirector.*' },
          `${where}: ${metric}`,
        );
      }
    }
  });

  it('each fire in one of the scenarios, and none in others', () => {
    const scenarios = new URL('../../charts/redirector/tests/alerts.test.yaml', import.meta.url);
    const { tests } = parse(readFileSync(scenarios, 'utf8')) as Scenarios;
    const samples = tests.flatMap((scenario) =>
      scenario.promql_expr_test.map(({ exp_samples }) => exp_samples),
    );
    assert.ok(samples.some(({ length }) => length === 0));
    const fired = new Set(samples.flat().map(({ labels }) => /"(\w+)"/.exec(labels)?.[1]));
    assert.deepEqual([...fired].sort(), alerts.map(({ alert }) => alert).sort());
  });

  it('use every rule that records something', () => {
    const used = new Set(asked.flatMap(({ selectors }) => selectors.map(({ metric }) => metric)));
    for (const { record } of recordings) assert.ok(used.has(record), record);
  });
});

describe('the dashboard', () => {
  it('shows every metric of the table but what is set once, at the start', () => {
    const shown = new Set(
      asked.slice(rules.length).flatMap(({ selectors }) => selectors.map(({ metric }) => metric)),
    );
    const missing = Object.entries<MetricName>(metrics).filter(([key, metric]) => {
      const name = prometheusName(key, metric);
      return !['', '_bucket', '_count'].some((end) => shown.has(name + end));
    });
    assert.deepEqual(
      missing.map(([key]) => key),
      ['redirector.records.inherited'],
    );
  });

  it('asks only for what is chosen at its top', () => {
    for (const { title, targets = [] } of dashboard.panels) {
      for (const { expr } of targets) {
        for (const { metric, matchers } of parsePromql(expr.replaceAll(/\[\$\w+\]/g, '[5m]')).selectors) {
          const chosen = matchers.filter(({ value }) => value.startsWith('$')).map(({ label }) => label);
          assert.deepEqual(chosen, TARGET_LABELS, `${title}: ${metric}`);
        }
      }
    }
  });

  it('names labels in its legends that the series have', () => {
    for (const { panel, legend, expression } of queries) {
      const { selectors, groupedBy } = parsePromql(expression);
      const kept = expression.includes(' by (')
        ? groupedBy
        : selectors.flatMap(({ metric }) => series.get(metric)!.labels);
      for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g)) {
        assert.ok(kept.includes(label!), `${panel}: ${legend}`);
      }
    }
  });

  it('has panels that say what they show, each with an id and a place of its own', () => {
    const cells = new Set<string>();
    for (const { type, title, description, gridPos } of dashboard.panels) {
      if (type !== 'row') assert.match(description!, /^\S.{9,}\.$/, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(x < 24 && !cells.has(`${x} ${y}`), title);
          cells.add(`${x} ${y}`);
        }
      }
    }
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  });
});
