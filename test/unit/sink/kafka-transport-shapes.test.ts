import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';

const require = createRequire(import.meta.url);
const silent = { namespace: () => silent, debug() {}, info() {}, warn() {}, error() {} };

const options = {
  logger: silent,
  brokers: ['127.0.0.1:1'],
  clientId: 'x',
  ssl: false,
  connectionTimeout: 100,
  requestTimeout: 100,
  enforceRequestTimeout: false,
  socketFactory: () => {},
};

async function newBroker() {
  const pool = await require('kafkajs/src/cluster/connectionPoolBuilder')(options).build({
    host: 'h',
    port: 1,
  });
  const Broker = require('kafkajs/src/broker');
  return {
    pool,
    broker: new Broker({ connectionPool: pool, logger: silent, allowAutoTopicCreation: false }),
  };
}

describe('kafkajs, of whose inner modules the transport leans on some,', () => {
  it('is pinned exactly, and installed so', () => {
    const { dependencies } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    );
    assert.match(dependencies.kafkajs, /^\d+\.\d+\.\d+$/);
    assert.equal(require('kafkajs/package.json').version, dependencies.kafkajs);
  });

  it('builds a connection pool and a broker over it', async () => {
    const { pool, broker } = await newBroker();
    assert.ok(Array.isArray(pool.pool));
    assert.equal(typeof pool.send, 'function');
    assert.equal(broker.connectionPool, pool);
    for (const method of ['connect', 'isConnected', 'lookupRequest'])
      assert.equal(typeof broker[method], 'function');
    assert.equal(broker.isConnected(), false);
  });

  it('has a connection that can be destroyed from outside', async () => {
    const { pool } = await newBroker();
    const connection = pool.pool[0] ?? (await pool.getConnection());
    assert.equal(typeof connection.connectionStatus, 'string');
    for (const method of ['rejectAll', 'destroy'])
      assert.equal(typeof connection.requestQueue[method], 'function');
    assert.ok(Array.isArray(connection.requestQueue.pending));
    connection.requestQueue.destroy();
  });

  it('has a connection over which requests of ours go, by its queue', async () => {
    const { pool } = await newBroker();
    const [connection] = pool.pool;
    assert.equal(connection.isConnected(), false);
    assert.equal(connection.nextCorrelationId() + 1, connection.nextCorrelationId());
    const answer = () =>
      connection.requestQueue.fulfillRequest({ correlationId: 0, payload: 'answer', size: 6 });
    const sent = new Promise<string>((resolve, reject) => {
      connection.requestQueue.push({
        entry: { apiKey: 0, apiVersion: 7, apiName: 'Produce', correlationId: 0, resolve, reject },
        expectResponse: true,
        sendRequest: () => setImmediate(answer),
      });
    });
    assert.equal(Object(await sent).payload, 'answer');
    connection.requestQueue.destroy();
  });

  it('has a connection that tells of its SASL session, and when that is to be renewed', async () => {
    const { pool } = await newBroker();
    const [connection] = pool.pool;
    assert.equal(connection.authenticatedAt, null);
    assert.equal(connection.sessionLifetime.toString(), '0');
    assert.equal(typeof connection.reauthenticationThreshold, 'number');
    assert.match(connection.isAuthenticated.toString(), /authenticatedAt/);
  });

  it('checks pending requests by a method of the prototype, which the transport replaces', () => {
    const { prototype } = require('kafkajs/src/network/requestQueue');
    assert.equal(typeof prototype.scheduleCheckPendingRequests, 'function');
    assert.match(prototype.scheduleCheckPendingRequests.toString(), /setTimeout|scheduleCheck/);
  });

  it('has an encoder of the wire’s types', () => {
    const Encoder = require('kafkajs/src/protocol/encoder');
    const encoder = new Encoder(4).writeString(null).writeInt16(-1).writeInt32(7).writeString('ab');
    encoder.writeBufferInternal(Buffer.of(1, 2));
    assert.equal(encoder.buffer.toString('hex'), 'ffffffff00000007000261620102');
  });

  it('has requests by api key for Metadata and InitProducerId', async () => {
    const apiKeys = require('kafkajs/src/protocol/requests/apiKeys');
    assert.deepEqual([apiKeys.Produce, apiKeys.Metadata, apiKeys.InitProducerId], [0, 3, 22]);
    const { requests } = require('kafkajs/src/protocol/requests');
    const { broker } = await newBroker();
    broker.versions = { 3: { minVersion: 0, maxVersion: 6 }, 22: { minVersion: 0, maxVersion: 1 } };
    broker.lookupRequest = require('kafkajs/src/protocol/requests').lookup(broker.versions);
    const metadata = broker.lookupRequest(
      3,
      requests.Metadata,
    )({ topics: ['t'], allowAutoTopicCreation: false });
    const init = broker.lookupRequest(22, requests.InitProducerId)({ transactionTimeout: 1 });
    for (const { request, response } of [metadata, init]) {
      assert.equal(typeof request.encode, 'function');
      assert.equal(typeof request.apiKey, 'number');
      assert.equal(typeof response.decode, 'function');
    }
  });

  it('decodes a Produce answer of version 7 with each partition’s error', async () => {
    const Encoder = require('kafkajs/src/protocol/encoder');
    const partition = new Encoder().writeInt32(4).writeInt16(6).writeInt64(9).writeInt64(-1).writeInt64(0);
    const topic = new Encoder().writeString('t').writeArray([partition]);
    const bytes = new Encoder().writeArray([topic]).writeInt32(25).buffer;
    const decoded = await require('kafkajs/src/protocol/requests/produce/v7/response').decode(bytes);
    const [found] = decoded.topics[0].partitions;
    assert.deepEqual([found.partition, found.errorCode, found.baseOffset], [4, 6, '9']);
    assert.equal(decoded.clientSideThrottleTime, 25);
  });

  it('knows errors by code and name', () => {
    const { errorCodes } = require('kafkajs/src/protocol/error');
    const found = errorCodes.find(({ code }: { code: number }) => code === 6);
    assert.equal(found.type, 'NOT_LEADER_FOR_PARTITION');
  });
});
