import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import type { OptionKey } from '../../src/options.ts';
import { kafkaClientOptions } from '../../src/server/sink/kafka-options.ts';

/** Of nobody: made for this test, its key thrown away, valid for a hundred years. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBizCCATGgAwIBAgIUAKJopzAeVjDcy1jgLCET/wqd13MwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPcmVkaXJlY3Rvci10ZXN0MCAXDTI2MTEyNDAzMjQzNVoYDzIx
MjYxMDMxMDMyNDM1WjAaMRgwFgYDVQQDDA9yZWRpcmVjdG9yLXRlc3QwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQ8UPP/duN54Iof9GUTWXE1kbB7PzaBddZwUMGg
m1Os6eepNCQ2QZcA5q93zD4s8XVcxi7B+MX9TaVhD0uczqLho1MwUTAdBgNVHQ4E
FgQUSS9yKhmatWWPf7HrTutLutL0qegwHwYDVR0jBBgwFoAUSS9yKhmatWWPf7Hr
TutLutL0qegwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAZf1dx
FXKd++OZKiCA99KSscBDIra6hXQDmyXD+S0pQwIhAK6hbgiIa0TtoNyPH+J8MY32
2yGT0SW36NBp7oxm/jca
-----END CERTIFICATE-----
`;

const folder = mkdtempSync(join(tmpdir(), 'redirector-tls-'));
after(() => rmSync(folder, { recursive: true }));

const optionsFor = (flags: Partial<Record<OptionKey, string>>) =>
  kafkaClientOptions(loadConfig({ flags: { brokers: 'a:1,b:2', ...flags } }).config);

function pem(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('the options of every Kafka client', () => {
  it('are brokers, client id and time-outs where nothing else is asked', () => {
    const { socketFactory, ...options } = optionsFor({ 'request.timeout': '2s' });
    assert.equal(typeof socketFactory, 'function');
    assert.deepEqual(options, {
      brokers: ['a:1', 'b:2'],
      clientId: 'redirector',
      ssl: false,
      connectionTimeout: 2000,
      requestTimeout: 2000,
      reauthenticationThreshold: 1000,
      enforceRequestTimeout: true,
      logLevel: 0,
    });
  });

  it('reach a broker whose address is an IPv6 one, which kafkajs alone would cut at the first colon', async (t) => {
    const options = optionsFor({ brokers: '[::1]:9092' });
    const [host, port] = options.brokers[0]!.split(':'); // as kafkajs does it
    assert.equal(port, '9092');
    const server = createServer((socket) => socket.end());
    const listening = Promise.withResolvers<void>();
    server.on('error', listening.reject).listen(0, '::1', listening.resolve);
    try {
      await listening.promise;
    } catch {
      t.skip('this machine has no IPv6');
      return;
    }
    t.after(() => server.close());
    const address = server.address() as AddressInfo;
    await new Promise<void>((resolve, reject) => {
      const socket = options.socketFactory({
        host: host!,
        port: address.port,
        ssl: undefined as never,
        onConnect: resolve,
      });
      socket.on('error', reject).resume();
    });
  });

  it('need brokers', () => {
    assert.throws(() => kafkaClientOptions(loadConfig({}).config), { code: 'BROKERS_MISSING' });
  });

  it('have the SASL that was asked for', () => {
    const sasl = { 'sasl.mechanism': 'scram-sha-512', 'sasl.username': 'u', 'sasl.password': 'p' };
    assert.deepEqual(optionsFor(sasl).sasl, { mechanism: 'scram-sha-512', username: 'u', password: 'p' });
  });

  it('have TLS with the roots of Node where no file is given', () => {
    assert.deepEqual(optionsFor({ 'tls.enabled': 'true' }).ssl, {});
  });

  it('have the authorities of tls.ca', () => {
    const ca = pem('ca.pem', CERTIFICATE);
    assert.deepEqual(optionsFor({ 'tls.enabled': 'true', 'tls.ca': ca }).ssl, { ca: CERTIFICATE });
  });

  it('name each file that cannot be used', () => {
    const files = { 'tls.ca': join(folder, 'none.pem'), 'tls.cert': pem('x', 'no'), 'tls.key': folder };
    assert.throws(
      () => optionsFor({ 'tls.enabled': 'true', ...files }),
      ({ code, message }) => {
        assert.equal(code, 'CONFIG_INVALID');
        assert.deepEqual(message.split('\n'), [
          `tls.ca: the file "${files['tls.ca']}" cannot be read: no such file or directory.`,
          `tls.cert: the file "${files['tls.cert']}" is not PEM.`,
          `tls.key: the file "${folder}" cannot be read: illegal operation on a directory.`,
        ]);
        return true;
      },
    );
  });

  it('refuse a key that is none, before any connection', () => {
    const key = pem('key.pem', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    const cert = pem('cert.pem', CERTIFICATE);
    assert.throws(() => optionsFor({ 'tls.enabled': 'true', 'tls.cert': cert, 'tls.key': key }), {
      code: 'CONFIG_INVALID',
      message: /^The files of tls\.\* cannot be used: /,
    });
  });
});
