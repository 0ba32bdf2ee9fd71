/** Where Kafka's own Java client puts keys: its partitioner, run from the jars of the Kafka of the tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { provisionKafka } from './kafka-provision.ts';

const PROGRAM = fileURLToPath(new URL('./Place.java', import.meta.url));

/** For each key, its partition in topics of as many partitions as `counts` says. */
export async function javaPlacement(
  keys: readonly Uint8Array[],
  counts: readonly number[],
): Promise<number[][]> {
  const { classPath } = await provisionKafka();
  const java = spawn('java', [...classPath, PROGRAM, ...counts.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  java.stdin.end(keys.map((key) => `${Buffer.from(key).toString('base64')}\n`).join(''));
  const [output, [code]] = await Promise.all([buffer(java.stdout), once(java, 'close')]);
  if (code !== 0) throw new Error(`the Java program ended with ${code}`);
  const lines = output.toString().trimEnd().split('\n');
  return lines.map((line) => line.trim().split(' ').map(Number));
}
