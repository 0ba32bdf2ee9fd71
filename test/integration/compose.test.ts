import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { composeSchema } from '../support/compose-schema.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { JAEGER_VERSION } from '../support/jaeger-provision.ts';
import { KAFKA_VERSION } from '../support/kafka-provision.ts';
import { PROMETHEUS_VERSION, provisionPrometheus } from '../support/prometheus-provision.ts';
import { realPart } from '../support/real-parts.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly restart: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_drop: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly healthcheck?: object;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const yamlAt = (path: string) => parse(readFileSync(join(root, path), 'utf8'), { merge: true });
const compose = yamlAt('docker-compose.yml') as {
  services: Readonly<Record<string, Service>>;
  volumes: Readonly<Record<string, null>>;
};
const services = Object.entries(compose.services);

/** Files of the repository that a service sees, by the path under which it sees them. */
const mountsOf = ({ volumes = [] }: Service): Map<string, string> =>
  new Map(
    volumes
      .filter((volume) => volume.startsWith('./'))
      .map((volume) => volume.split(':'))
      .map(([from, to]) => [to!, from!]),
  );

/** What configures a server in a service, as the server reads it. */
const environmentOf = ({ environment = {} }: Service) =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));

const withoutSchema = await realPart('compose-schema');
const withoutPrometheus = await realPart('prometheus');

describe('docker-compose.yml', () => {
  it('is of the Compose Specification', { skip: withoutSchema }, async () => {
    const validate = new Ajv2020({ strict: false, allErrors: true }).compile(await composeSchema());
    assert.ok(validate(compose), JSON.stringify(validate.errors, undefined, 2));
  });

  it('names images without a registry, each at one release: those that the tests run', () => {
    const images = services.filter(([, { build }]) => build === undefined).map(([, { image }]) => image);
    for (const image of images) assert.match(image, /^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/);
    assert.ok(images.includes(`apache/kafka:${KAFKA_VERSION}`));
    assert.ok(images.includes(`prom/prometheus:v${PROMETHEUS_VERSION}`));
    // Releases of Jaeger have two numbers: 1.76.0 of the module is 2.13.0 of the image.
    const [, minor, patch] = JAEGER_VERSION.split('.').map(Number);
    assert.ok(images.includes(`jaegertracing/jaeger:2.${minor! - 63}.${patch}`));
  });

  it('gives each service no more than it needs, restarts it, and asks how it is', () => {
    for (const [name, service] of services) {
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.equal(service.privileged, undefined, name);
      assert.equal(service.read_only ?? false, name !== 'kafka', name);
      assert.match(service.restart, /^(unless-stopped|on-failure)$/, name);
      // The image of the server has a check of its own.
      assert.ok(service.healthcheck !== undefined || name === 'redirector', name);
    }
  });

  it('starts Prometheus and Grafana for the profile monitoring, all else always', () => {
    for (const [name, { profiles }] of services)
      assert.deepEqual(profiles, ['prometheus', 'grafana'].includes(name) ? ['monitoring'] : undefined, name);
  });

  it('waits for what is healthy, and only for what can say so and is started, too', () => {
    const waiting = services.flatMap(([name, { depends_on = {}, profiles = [] }]) =>
      Object.entries(depends_on).map(([other, { condition }]) => ({ name, other, condition, profiles })),
    );
    assert.deepEqual(
      waiting.map(({ name, other }) => `${name} ${other}`),
      ['topic kafka', 'grafana prometheus'],
    );
    for (const { name, other, condition, profiles } of waiting) {
      assert.equal(condition, 'service_healthy', name);
      assert.ok(compose.services[other]!.healthcheck, other);
      for (const profile of compose.services[other]!.profiles ?? [])
        assert.ok(profiles.includes(profile), name);
    }
  });

  it('has no secret that would be the same everywhere', () => {
    for (const [name, { environment = {} }] of services)
      for (const variable of Object.keys(environment))
        assert.doesNotMatch(variable, /PASSWORD|SECRET|TOKEN|_KEY$/, name);
  });

  it('opens nothing but the redirects to other machines', () => {
    const open = services.flatMap(([, { ports = [] }]) =>
      ports.filter((port) => !port.startsWith('127.0.0.1:')),
    );
    assert.deepEqual(open, ['8080:8080']);
  });

  it('mounts files that are there, and volumes that it declares', () => {
    for (const [name, service] of services) {
      for (const file of mountsOf(service).values())
        assert.ok(existsSync(join(root, file)), `${name}: ${file}`);
      for (const volume of service.volumes ?? []) {
        const from = volume.split(':')[0]!;
        assert.ok(from.startsWith('./') || from in compose.volumes, `${name}: ${from}`);
      }
    }
  });

  it('configures Redirector with options that it has', () => {
    const { redirector, topic } = compose.services;
    const { config } = loadConfig({ env: environmentOf(redirector!), requireTarget: true });
    assert.deepEqual([config.sink, config['health.metrics']], ['kafka', true]);
    assert.deepEqual(loadConfig({ env: environmentOf(topic!) }).config.brokers, config.brokers);
  });

  it('has Prometheus take its configuration and scrape the server', { skip: withoutPrometheus }, async () => {
    const directory = temporaryDirectory('compose');
    const mounts = mountsOf(compose.services.prometheus!);
    for (const [to, from] of mounts) copyFileSync(join(root, from), join(directory, basename(to)));
    const { promtool } = await provisionPrometheus();
    await promisify(execFile)(promtool, ['check', 'config', join(directory, 'prometheus.yml')]);

    const { scrape_configs: jobs } = yamlAt(mounts.get('/etc/prometheus/prometheus.yml')!);
    const port = compose.services.redirector!.environment!.REDIRECTOR_HEALTH_PORT;
    assert.deepEqual(jobs[0].static_configs, [{ targets: [`redirector:${port}`] }]);
  });

  it('has Grafana find Prometheus, Jaeger from an exemplar, and the dashboard', () => {
    const mounts = mountsOf(compose.services.grafana!);
    const { datasources } = yamlAt(mounts.get('/etc/grafana/provisioning/datasources/redirector.yaml')!);
    for (const { type, url } of datasources)
      assert.ok(new URL(url).hostname === type && type in compose.services);
    const [prometheus, jaeger] = datasources;
    assert.deepEqual(prometheus.jsonData.exemplarTraceIdDestinations, [
      { name: 'trace_id', datasourceUid: jaeger.uid },
    ]);
    const { providers } = yamlAt(mounts.get('/etc/grafana/provisioning/dashboards/redirector.yaml')!);
    const home = compose.services.grafana!.environment!.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH as string;
    assert.ok(home.startsWith(`${providers[0].options.path}/`));
    assert.equal(mounts.get(home), './charts/redirector/files/dashboard.json');
  });
});
