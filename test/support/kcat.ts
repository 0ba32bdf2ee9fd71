/** Reads topics with kcat (librdkafka): a judge that shares no code with what is tested. */
import { spawn } from 'node:child_process';

export interface KcatRecord {
  partition: number;
  offset: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  /** Raw bytes; null where the record has none. */
  key: Buffer | null;
  value: Buffer | null;
  /** In the record's order; a name can occur twice. */
  headers: { name: string; value: Buffer | null }[];
}

export interface KcatOptions {
  /** Written to its standard input. */
  input?: string | Uint8Array;
  /** After so many milliseconds it is ended, and that is an error; 60,000 by default. */
  timeoutMs?: number;
}

/**
 * Runs kcat and resolves with its standard output. Throws when it is not installed, ends with an error (its standard error
 * is in the message) or takes too long, as it does when no broker answers.
 */
export async function kcat(args: string[], options: KcatOptions = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await runKcat(args, options, (chunk) => chunks.push(chunk));
  return Buffer.concat(chunks);
}

/** How many records a topic holds now, by reading all of them. */
export async function kcatCount(
  brokers: string[],
  topic: string,
  options: KcatOptions = {},
): Promise<number> {
  let count = 0;
  // One byte of output for one record.
  await runKcat([...readAll(brokers, topic), '-f', '.'], options, (chunk) => {
    count += chunk.length;
  });
  return count;
}

/** All records that a topic holds now: in order within a partition, in no certain order across partitions. */
export async function kcatConsume(
  brokers: string[],
  topic: string,
  options: KcatOptions = {},
): Promise<KcatRecord[]> {
  const output = await kcat([...readAll(brokers, topic), '-J'], options);
  return parseKcatJson(output);
}

/**
 * Parses kcat's -J output. kcat writes bytes above 127 as they are, UTF-8 or not, so the output is no valid JSON as UTF-8; read
 * as Latin-1, where each byte is one character, it is, and gives every byte back.
 */
export function parseKcatJson(output: Buffer): KcatRecord[] {
  const lines = output.toString('latin1').split('\n');
  return lines.filter((line) => line !== '').map(parseRecord);
}

interface JsonRecord {
  partition: number;
  offset: number;
  ts: number;
  key: string | null;
  payload: string | null;
  /** Names and values in turn. */
  headers?: (string | null)[];
}

function parseRecord(line: string): KcatRecord {
  const record = JSON.parse(line) as JsonRecord;
  const headers: KcatRecord['headers'] = [];
  for (let i = 0; i < (record.headers?.length ?? 0); i += 2) {
    const name = bytes(record.headers![i] ?? '')!.toString('utf8');
    headers.push({ name, value: bytes(record.headers![i + 1] ?? null) });
  }
  return {
    partition: record.partition,
    offset: record.offset,
    timestamp: record.ts,
    key: bytes(record.key),
    value: bytes(record.payload),
    headers,
  };
}

function bytes(latin1: string | null): Buffer | null {
  return latin1 === null ? null : Buffer.from(latin1, 'latin1');
}

function readAll(brokers: string[], topic: string): string[] {
  // A fetch at the end of a partition waits for 500 ms by default before kcat sees that it is the end.
  const read = ['-C', '-q', '-e', '-o', 'beginning', '-X', 'fetch.wait.max.ms=10'];
  return ['-b', brokers.join(','), '-t', topic, ...read];
}

async function runKcat(
  args: string[],
  { input, timeoutMs = 60_000 }: KcatOptions,
  onOutput: (chunk: Buffer) => void,
): Promise<void> {
  const child = spawn('kcat', args, { stdio: 'pipe', timeout: timeoutMs, killSignal: 'SIGKILL' });
  let errors = '';
  child.stdout.on('data', onOutput);
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  // It may end before it has read all input: its exit code tells more than EPIPE.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', (error: NodeJS.ErrnoException) => {
    reject(
      error.code === 'ENOENT' ? new Error('kcat is not installed (Debian: apt-get install kcat)') : error,
    );
  });
  child.once('close', (code, signal) => {
    if (code === 0) resolve();
    else if (signal === 'SIGKILL')
      reject(new Error(`kcat ${args.join(' ')} took longer than ${timeoutMs} ms: ${errors}`));
    else reject(new Error(`kcat ${args.join(' ')} ended with ${signal ?? `code ${code}`}: ${errors}`));
  });
  await promise;
}
