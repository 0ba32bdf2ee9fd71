import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import {
  type Container,
  chart,
  helm,
  leastValues,
  type Pod,
  podsOf,
  type Resource,
  render,
  resourcesOf,
  withLeast,
} from '../support/chart.ts';
import { runGuarded, temporaryDirectory } from '../support/guarded.ts';
import { KUBERNETES_VERSION, provisionHelm } from '../support/helm-provision.ts';
import { realPart } from '../support/real-parts.ts';

const folder = temporaryDirectory('chart-test');
const valueFiles = readdirSync(join(chart, 'ci')).map((name) => join(chart, 'ci', name));
/** Values of every kind: those of ci/, and some that they do not have. */
const matrix: Readonly<Record<string, object>> = {
  ...Object.fromEntries(valueFiles.map((path) => [path, parse(readFileSync(path, 'utf8'))])),
  'a volume beside Kafka': withLeast({ spool: { persistence: { enabled: true } } }),
  'a volume and a scaler': withLeast({
    spool: { persistence: { enabled: true } },
    autoscaling: { enabled: true },
  }),
  'a scaler by answers alone': withLeast({
    autoscaling: { enabled: true, cpuUtilization: '', requestsPerSecond: 5000 },
  }),
  'an account of its own, under another name': withLeast({
    nameOverride: 'go',
    serviceAccount: { create: false, name: 'ours' },
  }),
  'a token for Kafka': {
    config: {
      ...leastValues.config,
      sasl: {
        mechanism: 'oauthbearer',
        oauth: { tokenEndpoint: 'https://login.example.com/token', clientId: 'redirector' },
      },
    },
    secrets: { saslOauthClientSecret: { name: 'oauth' } },
    networkPolicy: { enabled: true },
  },
  'monitoring of every kind': withLeast({
    serviceMonitor: { enabled: true },
    prometheusRule: { enabled: true },
    dashboard: { enabled: true },
  }),
};

const serverOf = (resources: readonly Resource[]): { pod: Pod; container: Container } => {
  const [pod] = podsOf(resources.filter(({ kind }) => kind !== 'Job'));
  return { pod: pod!, container: pod!.spec.containers[0] };
};
const named = (resources: readonly Resource[], kind: string, name: string): Resource | undefined =>
  resources.find((one) => one.kind === kind && one.metadata.name === name);

/** The configuration as the server in a pod reads it: its file, and secrets by environment. */
function configIn(resources: readonly Resource[]) {
  const { container } = serverOf(resources);
  const file = join(folder, 'redirector.yaml');
  const { data } = resources.find(({ data }) => data?.['redirector.yaml'] !== undefined)!;
  writeFileSync(file, data!['redirector.yaml']!);
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? 'secret']));
  return loadConfig({ file, env, requireTarget: true }).config;
}

const withoutHelm = await realPart('helm');

describe('the Helm chart', { skip: withoutHelm }, () => {
  const rendered = new Map<string, { yaml: string; resources: Resource[] }>();
  const each = (check: (resources: Resource[], name: string) => void): void => {
    for (const [name, { resources }] of rendered) check(resources, name);
  };

  before(async () => {
    for (const [name, values] of Object.entries(matrix)) {
      const yaml = await render(values);
      rendered.set(name, { yaml, resources: resourcesOf(yaml) });
    }
  });

  it('passes helm lint --strict, with each of the values in ci/', async () => {
    for (const path of valueFiles) await helm('lint', '--strict', chart, '--values', path);
  });

  it('makes resources that Kubernetes knows, field by field', async () => {
    const { kubeconform, schemas } = await provisionHelm();
    const files = [...rendered.values()].map(({ yaml }, index) => {
      const path = join(folder, `${index}.yaml`);
      writeFileSync(path, yaml);
      return path;
    });
    // Those two are the Prometheus Operator's.
    const options = ['-strict', '-skip', 'ServiceMonitor,PrometheusRule', '-schema-location', schemas];
    const log = join(folder, 'kubeconform.log');
    await runGuarded(kubeconform, [...options, '-kubernetes-version', KUBERNETES_VERSION, ...files], { log });
  });

  it('would be refused with a field that Kubernetes does not know', async () => {
    const { kubeconform, schemas } = await provisionHelm();
    const path = join(folder, 'unknown.yaml');
    writeFileSync(path, 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prots: []}\n');
    const log = join(folder, 'refused.log');
    await assert.rejects(runGuarded(kubeconform, ['-schema-location', schemas, path], { log }), /'prots'/);
  });

  it('gives the server a configuration that it takes, and time to drain', () => {
    each((resources, name) => {
      const config = configIn(resources);
      const { pod, container } = serverOf(resources);
      const seconds = (config['shutdown.grace'] + config['shutdown.deadline']) / 1000;
      assert.ok(pod.spec.terminationGracePeriodSeconds! > seconds + 4, name);
      assert.deepEqual(
        container.ports!.map(({ containerPort }) => containerPort),
        [config.port, config['health.port']],
        name,
      );
      assert.equal(
        config['queue.overflow'] === 'spool' || config.sink === 'spool',
        hasVolume(resources),
        name,
      );
    });
  });
  const hasVolume = (resources: readonly Resource[]) =>
    resources.some(({ kind, spec }) => kind === 'StatefulSet' && spec.volumeClaimTemplates.length === 1);

  it('runs every pod within the restricted Pod Security Standard, without a token and without service links', () => {
    each((resources, name) => {
      for (const { spec } of podsOf(resources)) {
        const { automountServiceAccountToken, enableServiceLinks, securityContext, containers } = spec;
        assert.deepEqual([automountServiceAccountToken, enableServiceLinks], [false, false], name);
        assert.deepEqual(securityContext, {
          runAsNonRoot: true,
          runAsUser: 1000,
          runAsGroup: 1000,
          fsGroup: 1000,
          fsGroupChangePolicy: 'OnRootMismatch',
          seccompProfile: { type: 'RuntimeDefault' },
        });
        assert.deepEqual(containers[0].securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    });
  });

  it('refers to nothing that is not there', () => {
    each((resources, name) => {
      for (const { spec } of podsOf(resources)) {
        const claims = hasVolume(resources) && spec.containers[0].name === 'redirector' ? ['spool'] : [];
        const volumes = [...spec.volumes.map((volume) => volume.name), ...claims];
        const mounts = spec.containers[0].volumeMounts.map((mount) => mount.name);
        assert.deepEqual(mounts.toSorted(), volumes.toSorted(), name);
        for (const { configMap } of spec.volumes) {
          const isThere = configMap === undefined || configMap.name === 'our-rules';
          assert.ok(isThere || named(resources, 'ConfigMap', configMap.name), `${name}: ${configMap?.name}`);
        }
        const isOthers = ['ours', 'default'].includes(spec.serviceAccountName);
        assert.ok(isOthers || named(resources, 'ServiceAccount', spec.serviceAccountName), name);
      }
      const { pod, container } = serverOf(resources);
      const ports = container.ports!.map((port) => port.name);
      for (const { httpGet } of [container.startupProbe, container.livenessProbe, container.readinessProbe])
        assert.ok(ports.includes(httpGet.port), name);
      const services = resources.filter(({ kind }) => kind === 'Service');
      for (const { spec } of services) {
        assert.deepEqual({ ...pod.metadata.labels, ...spec.selector }, pod.metadata.labels, name);
        for (const { targetPort } of spec.ports) assert.ok(ports.includes(targetPort), name);
      }
      for (const { kind, spec } of resources) {
        const target = kind === 'HorizontalPodAutoscaler' ? spec.scaleTargetRef : undefined;
        assert.ok(target === undefined || named(resources, target.kind, target.name), name);
        if (kind === 'StatefulSet') assert.ok(named(resources, 'Service', spec.serviceName), name);
        if (kind === 'ServiceMonitor') assert.equal(monitored(services, spec).length, 1, name);
      }
    });
  });
  const monitored = (services: readonly Resource[], spec: Resource['spec']) =>
    services.filter(
      ({ metadata, spec: { ports } }) =>
        Object.entries(spec.selector.matchLabels).every(([key, value]) => metadata.labels[key] === value) &&
        ports.some((port: { name: string }) => port.name === spec.endpoints[0].port),
    );

  it("never has the Service choose the topic's job, nor replaces pods for other rules", async () => {
    each((resources) => {
      const job = resources.find(({ kind }) => kind === 'Job');
      if (job === undefined) return;
      const { labels } = (job.spec.template as Pod).metadata;
      for (const { spec } of resources.filter(({ kind }) => kind === 'Service'))
        assert.notDeepEqual({ ...labels, ...spec.selector }, labels);
    });
    const rulesTo = (target: string) => withLeast({ rules: { inline: { rules: [{ path: '/a', target }] } } });
    const [one, other] = await Promise.all(
      ['https://a.example/', 'https://b.example/'].map(async (target) =>
        serverOf(resourcesOf(await render(rulesTo(target)))),
      ),
    );
    assert.deepEqual(one, other);
  });

  it('brings the alerts and the dashboard as they are in files/', () => {
    const { resources } = rendered.get('monitoring of every kind')!;
    const rule = resources.find(({ kind }) => kind === 'PrometheusRule')!;
    assert.deepEqual(rule.spec, parse(readFileSync(join(chart, 'files/alerts.yaml'), 'utf8')));
    const { data } = named(resources, 'ConfigMap', 'clicks-redirector-dashboard')!;
    assert.equal(data!['redirector.json'], readFileSync(join(chart, 'files/dashboard.json'), 'utf8'));
  });

  it('opens the ports of brokers, collector and token endpoint to its pods, and no others', () => {
    const portsOf = (name: string): number[] =>
      rendered
        .get(name)!
        .resources.find(({ kind }) => kind === 'NetworkPolicy')!
        .spec.egress[0].ports.map(({ port }: { port: number }) => port);
    assert.deepEqual(portsOf(join(chart, 'ci/full-values.yaml')), [53, 53, 9093, 9094, 4318]);
    assert.deepEqual(portsOf('a token for Kafka'), [53, 53, 9092, 443]);
  });
});
