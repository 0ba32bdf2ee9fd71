import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { instrumentationList } from '../../../src/telemetry/instrumentation-list.ts';
import { autoInstrumentations } from '../../../src/telemetry/instrumentations.ts';

const namesOn = (env: Record<string, string>): string[] =>
  instrumentationList(env)
    .filter(({ on }) => on)
    .map(({ name }) => name);

/** As OpenTelemetry has them. */
const loaded = (env: Record<string, string>): string[] =>
  autoInstrumentations(env).map(
    ({ instrumentationName, instrumentationVersion }) => `${instrumentationName} ${instrumentationVersion}`,
  );

const USUAL = ['dns', 'express', 'http', 'kafkajs', 'net', 'router', 'runtime-node', 'undici'];

describe('the list of auto-instrumentations', () => {
  it('has every one that the program depends on, with its version and why it is on', () => {
    const list = instrumentationList({});
    const { dependencies } = createRequire(import.meta.url)('../../../package.json') as {
      dependencies: Record<string, string>;
    };
    const prefix = '@opentelemetry/instrumentation-';
    assert.deepEqual(
      list.map(({ name, version }) => [prefix + name, version]),
      Object.entries(dependencies).filter(([name]) => name.startsWith(prefix)),
    );
    for (const { name, why } of list) assert.match(why, /\w/, name);
  });

  it('has all of them on by default', () => {
    assert.deepEqual(namesOn({}).sort(), USUAL);
  });

  it('follows OTEL_NODE_ENABLED_INSTRUMENTATIONS and OTEL_NODE_DISABLED_INSTRUMENTATIONS, of which the latter wins', () => {
    const enabled = { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http, net,express' };
    assert.deepEqual(namesOn(enabled), ['express', 'http', 'net']);
    const both = { ...enabled, OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' };
    assert.deepEqual(namesOn(both), ['express', 'net']);
    const disabled = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'dns,net' };
    assert.deepEqual(
      namesOn(disabled).sort(),
      USUAL.filter((name) => name !== 'dns' && name !== 'net'),
    );
  });

  it('is what the SDK gets', () => {
    for (const env of [{}, { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'express,dns' }]) {
      const expected = instrumentationList(env)
        .filter(({ on }) => on)
        .map(({ name, version }) => `@opentelemetry/instrumentation-${name} ${version}`);
      assert.deepEqual(loaded(env).sort(), expected.sort());
    }
  });
});
