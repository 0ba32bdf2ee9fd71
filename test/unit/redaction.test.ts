import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { optionKeys, optionOf } from '../../src/options.ts';
import { hideSecretsIn, redactor } from '../../src/redaction.ts';

const PASSWORD = 'Öl & "Wasser"+1/2';
const sasl = { 'sasl.mechanism': 'plain', 'sasl.username': 'user', 'sasl.password': PASSWORD };
const redact = redactor(loadConfig({ flags: sasl }).config, {
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20first-token,x-tenant=second=token',
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'api-key=third-token',
});

describe('a secret is taken out of a text', () => {
  const hidden: [what: string, text: string][] = [
    ['as it is', PASSWORD],
    ['percent-encoded', encodeURIComponent(PASSWORD)],
    ['as a form has it', new URLSearchParams({ p: PASSWORD }).toString().slice(2)],
    ['within JSON', JSON.stringify(PASSWORD).slice(1, -1)],
    ['that is a header for OTLP, as written', 'Bearer%20first-token'],
    ['that is a header for OTLP, decoded', 'Bearer first-token'],
    ['that is a token in a header', 'first-token'],
    ['that has an equals sign', 'second=token'],
    ['that is a header for OTLP logs alone', 'third-token'],
  ];
  for (const [what, secret] of hidden) {
    it(what, () =>
      assert.equal(redact(`before ${secret} after ${secret}`), 'before [hidden] after [hidden]'),
    );
  }

  it('that is user name and password of a URL', () => {
    assert.equal(
      redact('connect to https://me:pass@collector.example:4318/v1 failed'),
      'connect to https://[hidden]@collector.example:4318/v1 failed',
    );
  });
});

it('what is no secret stays', () => {
  const text = 'The user at https://example.com/@me?to=you@example.com, tenant x-tenant';
  assert.equal(redact(text), text);
});

it('without a secret nothing is changed', () => {
  assert.equal(redactor(loadConfig({}).config, { OTEL_EXPORTER_OTLP_HEADERS: '' })('a text'), 'a text');
});

it('every option that is called a password, a secret or a token is a secret one', () => {
  const named = optionKeys.filter((key) => /(password|secret|token)$/i.test(key));
  assert.ok(named.length >= 3);
  for (const key of named) assert.ok(optionOf(key).secret, key);
});

it('an error is shown without them, and so are its causes', () => {
  const error = new Error(`refused: ${PASSWORD}`, { cause: new Error(`sent ${PASSWORD}`) });
  hideSecretsIn(error, redact);
  const cause = error.cause as Error;
  assert.deepEqual([error.message, cause.message], ['refused: [hidden]', 'sent [hidden]']);
  assert.ok(!`${error.stack} ${cause.stack}`.includes(PASSWORD));
});
