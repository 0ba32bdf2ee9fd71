import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Pod, type Probe, podsOf, render, resourcesOf } from '../support/chart.ts';
import { freePort } from '../support/free-port.ts';
import type { GuardedProcess } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { buildImage, type Image } from '../support/image.ts';
import { environmentOf, mountVolumes, project } from '../support/pod.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedKafka } from '../support/shared.ts';
import { waitFor } from '../support/wait-for.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const withoutParts = await realPart('helm', 'kafka');

/** The user that a process runs as, by number. */
const userOf = ({ pid }: GuardedProcess): string =>
  /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;

describe('the image of the Dockerfile', () => {
  let image: Image;
  before(async () => {
    image = await buildImage();
  });
  after(() => image.release());

  it('has the Node that the lock file pins, and a user that is not root', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    for (const base of image.bases) assert.equal(base, `node:${devDependencies.node}-slim`);
    assert.match(image.user, /^[1-9]\d*:[1-9]\d*$/);
  });

  it('has what the package has and its libraries, and nothing that it was made with', () => {
    const app = join(image.root, 'app');
    const has = ['LICENSE', 'bin', 'dist', 'node_modules', 'package.json'];
    assert.deepEqual(readdirSync(app).sort(), has);
    const { dependencies } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
    const libraries = readdirSync(join(app, 'node_modules'));
    const named = Object.keys(dependencies).map((name) => name.split('/')[0]!);
    assert.deepEqual(
      named.filter((name) => !libraries.includes(name)),
      [],
    );
    assert.ok(!libraries.includes('typescript'));
  });

  it('serves with nothing but what was copied, is healthy, and drains when it is told to end', async (t) => {
    const [port, adminPort] = [await freePort(), await freePort()];
    const env = {
      REDIRECTOR_TARGET: 'https://example.com/',
      REDIRECTOR_PORT: String(port),
      REDIRECTOR_ADMIN_PORT: String(adminPort),
    };
    image.volume('/var/lib/redirector');
    const server = image.run(image.command, env);
    t.after(() => server.kill('SIGKILL'));

    const isHealthy = async () => (await image.run([], env, image.healthCheck).exited()).code === 0;
    await waitFor('the health check to pass', isHealthy, { timeoutMs: 30_000 });
    // Health says that the process lives; listeners come last.
    await waitFor('a redirect', () => ask(`http://127.0.0.1:${port}/`), {
      until: ({ status }) => status === 301,
    });
    if (process.getuid?.() === 0) assert.equal(userOf(server), image.user.split(':')[0]);

    server.kill('SIGTERM');
    assert.deepEqual(await server.exited(), { code: 0, signal: null });
    assert.match(image.lastLine(), /"offered":1,/);
    assert.equal(await isHealthy(), false);
  });

  it('runs as the chart has it: topic, probes, redirects, other rules, and a drain', {
    skip: withoutParts,
  }, async (t) => {
    const { brokers } = await sharedKafka();
    const ports = { http: await freePort(), health: await freePort(), admin: await freePort() };
    const ruleTopic = `chart-${process.pid}-spring`;
    const rulesTo = (target: string) => ({ rules: [{ path: '/spring', target, topic: ruleTopic }] });
    const secrets = {
      admin: { token: 'a-token' },
      signing: { 'keys.yaml': 'one: MDEyMzQ1Njc4OWFiY2RlZg\n' },
    };
    const resources = resourcesOf(
      await render({
        config: {
          port: ports.http,
          brokers,
          topic: `chart-${process.pid}`,
          admin: { port: ports.admin },
          health: { port: ports.health },
          shutdown: { grace: '1s' },
        },
        rules: { inline: rulesTo('https://example.com/one') },
        secrets: { adminToken: { name: 'admin' }, signingKeys: { name: 'signing' } },
        spool: { persistence: { enabled: true } },
        topic: { partitions: 2, replicationFactor: 1 },
      }),
    );
    const isJob = ({ kind }: { kind: string }) => kind === 'Job';
    const [job] = podsOf(resources.filter(isJob));
    const [pod] = podsOf(resources.filter((resource) => !isJob(resource)));
    const start = ({ spec: { containers } }: Pod, args = containers[0].args) =>
      image.run(args, environmentOf(containers[0].env, secrets));

    const folders = mountVolumes(image, pod!.spec, resources, secrets);
    const topic = start(job!);
    assert.equal((await topic.exited()).code, 0, topic.logTail());
    // The last one is that of the rule.
    assert.match(image.lastLine(), /-spring" is made: 2 partitions, replication factor 1/);

    const server = start(pod!);
    t.after(() => server.kill('SIGKILL'));
    const [{ startupProbe, livenessProbe, readinessProbe, ports: named }] = pod!.spec.containers;
    const probe = ({ httpGet: { path, port } }: Probe) => {
      assert.equal(server.exit, undefined, server.logTail());
      const { containerPort } = named!.find(({ name }) => name === port)!;
      return ask(`http://127.0.0.1:${containerPort}${path}`);
    };
    for (const one of [startupProbe, livenessProbe, readinessProbe])
      await waitFor('a probe', () => probe(one), {
        until: ({ status }) => status === 200,
        timeoutMs: 30_000,
      });

    const location = async () => (await ask(`http://127.0.0.1:${ports.http}/spring`)).headers.location;
    assert.equal(await location(), 'https://example.com/one');
    project(folders.get('rules')!, { 'rules.yaml': JSON.stringify(rulesTo('https://example.com/two')) });
    await waitFor('the other rules', location, { until: (value) => value === 'https://example.com/two' });

    // As in the pod, by kubectl exec.
    const status = start(pod!, ['status', '--json']);
    assert.equal((await status.exited()).code, 0, status.logTail());
    assert.match(image.lastLine(), /"kind":"kafka"/);

    server.kill('SIGTERM');
    await waitFor('it to be taken out of the Service', () => probe(readinessProbe), {
      until: ({ status }) => status === 503,
    });
    assert.equal(await location(), 'https://example.com/two', 'it goes on serving for shutdown.grace');
    assert.deepEqual(await server.exited(), { code: 0, signal: null });
    const { ledger, lost } = JSON.parse(image.lastLine());
    // The spool still has what the server of the test before has put there.
    assert.deepEqual([ledger.delivered, lost, ledger.unaccounted], [ledger.inherited + ledger.offered, 0, 0]);
  });
});
