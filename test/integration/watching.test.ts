import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { type RuleFile, ruleFile, ruleFilePath, rulesOf } from '../../scripts/docs/alert-rules.ts';
import { click } from '../support/clicks.ts';
import { dashboardQueries, readDashboard } from '../support/dashboard.ts';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { type ServingServer, serve } from '../support/kafka-server.ts';
import { provisionPrometheus } from '../support/prometheus-provision.ts';
import { type Exemplars, type Prometheus, startPrometheus } from '../support/prometheus-server.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedJaeger, sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);
const SCENARIOS = fileURLToPath(new URL('../../charts/redirector/tests/alerts.test.yaml', import.meta.url));

/** Gives `input` to promtool, and rejects with its words when it is not content. */
async function promtool(args: readonly string[], input = ''): Promise<void> {
  const done = run((await provisionPrometheus()).promtool, args);
  done.child.stdin!.on('error', () => {}); // it may have ended before, and says why
  done.child.stdin!.end(input);
  const { stderr } = await done;
  assert.equal(stderr, '');
}

/** The rules with no alert that waits for longer than a second. */
const impatient = ({ groups }: RuleFile): RuleFile => ({
  groups: groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => (rule.for === undefined ? rule : { ...rule, for: '1s' })),
  })),
});

describe('the files for Prometheus', { skip: await realPart('prometheus') }, () => {
  it('have rules that it takes without a word of criticism', async () => {
    await promtool(['check', 'rules', '--lint=all', '--lint-fatal', ruleFilePath]);
  });

  it('have it fire in each scenario the alerts that belong to it, and no other', async () => {
    await promtool(['test', 'rules', SCENARIOS]);
  });
});

const skip = await realPart('prometheus', 'kafka', 'jaeger');

const examples = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

describe('a Prometheus that watches three servers, one of them cut off from Kafka', { skip }, () => {
  const running = new AsyncDisposableStack();
  let servers: Readonly<Record<'well' | 'cut' | 'spooling', ServingServer>>;
  let prometheus: Prometheus;

  const clickAll = () => Promise.all(Object.values(servers).map(({ url }) => click(url, 100)));

  before(async () => {
    const { brokers } = await sharedKafka();
    const { otlpHttp } = await sharedJaeger();
    const topic = await createTopic(brokers);
    const traced = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${otlpHttp}/v1/traces`,
      OTEL_TRACES_SAMPLER: 'always_on',
    };
    servers = {
      well: running.use(await serve({ brokers: brokers.join(), topic }, traced)),
      cut: running.use(await serve({ brokers: `127.0.0.1:${await freePort()}`, topic })),
      spooling: running.use(await serve({ sink: 'spool', rules: examples('rules.yaml') })),
    };
    prometheus = running.use(
      await startPrometheus({
        targets: Object.fromEntries(
          Object.entries(servers).map(([name, { adminUrl }]) => [name, new URL(adminUrl).host]),
        ),
        rules: stringify(impatient(ruleFile())),
      }),
    );
    await clickAll();
  });
  after(() => running.disposeAsync());

  it('finds nothing to say against the metrics', async () => {
    for (const { adminUrl } of Object.values(servers)) {
      const { body } = await ask(`${adminUrl}/metrics`);
      await promtool(['check', 'metrics', '--lint=all'], body);
    }
  });

  it('tells of the one that is cut off, and of no other', async () => {
    const query = 'ALERTS{alertname="RedirectorSinkUnreachable", alertstate="firing"}';
    const found = await waitFor('the alert', () => prometheus.query(query), {
      until: ({ length }) => length > 0,
      timeoutMs: 30_000,
    });
    assert.deepEqual(
      found.map(({ metric }) => metric.instance),
      ['cut'],
    );
  });

  it('evaluates every rule', async () => {
    const { groups } = await prometheus.ask<{ groups: { rules: { name: string; health: string }[] }[] }>(
      'rules',
    );
    const rules = groups.flatMap(({ rules }) => rules);
    assert.equal(rules.length, rulesOf(ruleFile()).length);
    for (const { name, health } of rules) assert.equal(health, 'ok', name);
  });

  it('has what every panel of the dashboard asks for', async () => {
    for (const { panel, legend, expression } of dashboardQueries(readDashboard(), '1m')) {
      const evaluate = async () => {
        const found = await prometheus.query(expression);
        if (found.length === 0) await clickAll();
        return found;
      };
      await waitFor(`data of ${panel}: ${legend}`, evaluate, {
        until: ({ length }) => length > 0,
        timeoutMs: 20_000,
      });
    }
  });

  it('leads from an answer time to the trace of that answer', async () => {
    const jaeger = await sharedJaeger();
    const [exemplar] = await waitFor('exemplars', () => exemplars(prometheus), {
      until: ({ length }) => length > 0,
      timeoutMs: 20_000,
    });
    await jaeger.waitForTrace(exemplar!.trace_id!, undefined, { timeoutMs: 20_000 });
  });
});

/** The labels of the exemplars that lead from answer times to traces. */
async function exemplars(prometheus: Prometheus): Promise<readonly Record<string, string>[]> {
  const now = Date.now() / 1000;
  const found = await prometheus.ask<readonly Exemplars[]>('query_exemplars', {
    query: 'http_server_request_duration_seconds_bucket',
    start: String(now - 3600),
    end: String(now),
  });
  return found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels));
}
