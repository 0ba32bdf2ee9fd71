/**
 * What kafkajs's admin cannot ask of a broker: SCRAM users and quotas. The two requests (KIP-554, KIP-599) are written byte by
 * byte, as Kafka's own tools take seconds to start.
 */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

const ALTER_CLIENT_QUOTAS = 49;
const ALTER_USER_SCRAM_CREDENTIALS = 51;
const ITERATIONS = 4096;

const scram = {
  'scram-sha-256': { number: 1, digest: 'sha256', bytes: 32 },
  'scram-sha-512': { number: 2, digest: 'sha512', bytes: 64 },
} as const;

/** Creates the user, or sets its password; it holds a moment after the broker has learned of it. */
export async function setScramUser(
  broker: string,
  mechanism: keyof typeof scram,
  user: string,
  password: string,
): Promise<void> {
  const { number, digest, bytes } = scram[mechanism];
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, bytes, digest);
  const upsertion = [compact(user), int8(number), int32(ITERATIONS), compact(salt), compact(salted), TAGS];
  const answer = await ask(broker, ALTER_USER_SCRAM_CREDENTIALS, [array(), array(upsertion), TAGS]);
  // Throttle time, then an array of results, each a name and then its error.
  check(answer, 4 + 1 + compact(user).length);
}

/** Limits what a user may write, in bytes a second. */
export async function setProducerQuota(broker: string, user: string, bytesPerSecond: number): Promise<void> {
  const value = Buffer.alloc(8);
  value.writeDoubleBE(bytesPerSecond);
  const entity = array([compact('user'), compact(user), TAGS]);
  const operation = array([compact('producer_byte_rate'), value, int8(0), TAGS]);
  const validateOnly = int8(0);
  const answer = await ask(broker, ALTER_CLIENT_QUOTAS, [
    array([entity, operation, TAGS]),
    validateOnly,
    TAGS,
  ]);
  // Throttle time, then an array of results, each of which begins with its error.
  check(answer, 4 + 1);
}

const int8 = (value: number): Buffer => Buffer.of(value);
const TAGS = int8(0);

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A compact string or bytes; all here are shorter than 127. */
const compact = (value: string | Buffer): Buffer =>
  Buffer.concat([int8(Buffer.byteLength(value) + 1), Buffer.from(value)]);

const array = (...items: Buffer[][]): Buffer => Buffer.concat([int8(items.length + 1), ...items.flat()]);

/** Sends one request, version 1 of the first api and 0 of the other, and gives the body of its answer. */
async function ask(broker: string, apiKey: number, body: Buffer[]): Promise<Buffer> {
  const [host, port] = broker.split(':');
  const version = apiKey === ALTER_CLIENT_QUOTAS ? 1 : 0;
  const client = 'redirector-tests';
  const header = [int16(apiKey), int16(version), int32(1), int16(client.length), Buffer.from(client), TAGS];
  const request = Buffer.concat([...header, ...body]);
  const socket = connect(Number(port), host);
  socket.write(Buffer.concat([int32(request.length), request]));
  let answer = Buffer.alloc(0);
  try {
    while (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      answer = Buffer.concat([answer, chunk]);
    }
  } finally {
    socket.destroy();
  }
  return answer.subarray(4 + 4 + 1); // its size, the correlation id and the tags
}

function check(answer: Buffer, at: number): void {
  const code = answer.readInt16BE(at);
  if (code !== 0) throw new Error(`Kafka answers with error ${code}: ${answer.toString('latin1')}`);
}
