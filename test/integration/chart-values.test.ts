import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leastValues, render, withLeast } from '../support/chart.ts';
import { realPart } from '../support/real-parts.ts';

const withoutHelm = await realPart('helm');

describe('values that cannot work', { skip: withoutHelm }, () => {
  const config = (more: object) => ({ config: { ...leastValues.config, ...more } });
  const cases: readonly [string, object, RegExp][] = [
    ['nothing', {}, /config\.sink is kafka but config\.brokers is not given/],
    ['no target', { config: { brokers: ['kafka:9092'] } }, /Neither config\.target nor rules is given/],
    [
      'a misspelt option',
      config({ queue: { maxbytes: '1MiB' } }),
      /'\/config\/queue'.*'maxbytes' not allowed/,
    ],
    ['a time without a unit', config({ linger: '10' }), /'\/config\/linger'/],
    ['a port that is none', config({ port: 99999 }), /'\/config\/port': maximum/],
    ['a port that changes', config({ port: 0 }), /config\.port must be a port/],
    [
      'a password in the open',
      config({ sasl: { password: 'x' } }),
      /config\.sasl\.password would stand in a ConfigMap/,
    ],
    [
      'no password',
      config({ sasl: { mechanism: 'plain', username: 'x' } }),
      /secrets\.saslPassword\.name must name/,
    ],
    [
      'an open admin API',
      config({ admin: { host: '0.0.0.0' } }),
      /secrets\.adminToken\.name must name a Secret/,
    ],
    [
      'probes that nobody can reach',
      config({ health: { host: '127.0.0.1' } }),
      /config\.health\.host must be/,
    ],
    ['a spool in the pod', config({ sink: 'spool' }), /config\.sink is spool, which would end with the pod/],
    [
      'an overflow in the pod',
      config({ queue: { overflow: 'spool' } }),
      /config\.queue\.overflow is spool, which/,
    ],
    ['no sink', config({ sink: null }), /config\.sink/],
    [
      'a queue that is too large',
      config({ queue: { maxBytes: '1GiB' } }),
      /resources\.limits\.memory is 512Mi.*1280Mi/,
    ],
    [
      'a volume that is too small',
      withLeast({ spool: { persistence: { enabled: true, size: '1Gi' } } }),
      /spool\.persistence\.size is 1Gi.*at least 1280Mi/,
    ],
    [
      'what the chart says itself',
      { ...config({ rules: 'x.yaml' }), rules: { configMap: 'ours' } },
      /config\.rules follows from other values/,
    ],
    [
      'two rules files',
      withLeast({ rules: { configMap: 'ours', inline: { rules: [] } } }),
      /rules\.configMap and rules\.inline are both given/,
    ],
    [
      'an option by environment',
      withLeast({ extraEnv: [{ name: 'REDIRECTOR_PORT', value: '1' }] }),
      /extraEnv has/,
    ],
    [
      'a scaler without a reason',
      withLeast({ autoscaling: { enabled: true, cpuUtilization: '' } }),
      /autoscaling\.enabled needs/,
    ],
    [
      'a scaler upside down',
      withLeast({ autoscaling: { enabled: true, minReplicas: 20 } }),
      /minReplicas is more than/,
    ],
    [
      'an ingress for nobody',
      withLeast({ ingress: { enabled: true } }),
      /ingress\.enabled needs ingress\.hosts/,
    ],
    [
      'metrics that are off',
      { ...config({ health: { metrics: false } }), serviceMonitor: { enabled: true } },
      /serviceMonitor\.enabled needs config\.health\.metrics/,
    ],
    ['a misspelt value', withLeast({ replica: 3 }), /'replica' not allowed/],
  ];
  for (const [name, values, message] of cases) {
    it(`are refused: ${name}`, async () => {
      await assert.rejects(render(values), (error: Error & { stderr: string }) => {
        assert.match(error.stderr, message);
        return true;
      });
    });
  }
});
