/** Empties a spool into Kafka: by the server that owns it, which plays it back by itself, or without one. */
import type { Config } from '../config.ts';
import { RedirectorError, userError } from '../errors.ts';
import { duration } from '../option-types.ts';
import { isSpoolLocked } from '../server/sink/spool-file.ts';
import { SpoolReader } from '../server/sink/spool-reader.ts';
import { startSpoolDrain } from '../server/spool-drain.ts';
import { fetchStats } from './admin-client.ts';
import { interruption, pause } from './interruption.ts';
import { findTopic, withAdmin } from './kafka-admin.ts';
import { note } from './output.ts';

export interface DrainRequest {
  readonly config: Config;
  /** Of the server that may own the spool. */
  readonly statsUrl: string;
  readonly timeoutMs: number;
  /** Shows what the threads log. */
  readonly debug: boolean;
}

export interface DrainResult {
  /** Who sent it; null: it was empty. */
  readonly by: 'server' | 'command' | null;
  /** What this command has sent; null where a server sends. */
  readonly delivered: number | null;
  /** What brokers refused for good, and is gone; null where a server sends. */
  readonly rejected: number | null;
  readonly left: number;
}

const LOOK_MS = 100;
const TELL_MS = 2000;

const count = (value: number): string => value.toLocaleString('en-US');

/**
 * Resolves when the spool is empty, the time is over, or it was interrupted. What is left stays in the spool.
 * @throws RedirectorError SPOOL_NOT_FOUND, SPOOL_IS_LOG; SPOOL_LOCKED where another than the server that is asked owns it;
 *   SERVER_UNREACHABLE; TOPIC_NOT_FOUND, BROKERS_UNREACHABLE and their like before anything is sent
 */
export async function drainSpool(request: DrainRequest): Promise<DrainResult> {
  const path = request.config['spool.path'];
  const reader = new SpoolReader(path);
  const progress = new Progress(reader, request.timeoutMs);
  let result: Omit<DrainResult, 'left'> = { by: null, delivered: null, rejected: null };
  try {
    while (progress.goesOn()) {
      if (isSpoolLocked(path)) {
        await waitForServer(request, progress);
        result = { by: 'server', delivered: null, rejected: null };
      } else {
        result = { by: 'command', ...(await send(request, progress)) };
      }
    }
    return { ...result, left: progress.left };
  } finally {
    reader.close();
  }
}

/** How far it is, and whether to go on. */
class Progress {
  readonly #reader: SpoolReader;
  readonly #deadline: number;
  readonly #timeoutMs: number;
  readonly #interrupted = interruption();
  #told = 0;

  constructor(reader: SpoolReader, timeoutMs: number) {
    this.#reader = reader;
    this.#timeoutMs = timeoutMs;
    this.#deadline = performance.now() + timeoutMs;
  }

  get left(): number {
    return this.#reader.level().records;
  }

  goesOn(): boolean {
    return this.left > 0 && !this.#interrupted.aborted && performance.now() < this.#deadline;
  }

  /** Waits a little, and tells now and then what is left, and why. */
  async wait(trouble: () => string | null | Promise<string | null>): Promise<void> {
    await pause(LOOK_MS, this.#interrupted);
    if (performance.now() - this.#told < TELL_MS) return;
    this.#told = performance.now();
    const reason = await trouble();
    const left = `${count(this.left)} records left`;
    note(reason === null ? left : `${left} (for ${duration.show(this.#timeoutMs)} at most): ${reason}`);
  }
}

/** Until the spool is empty, or its owner has ended. */
async function waitForServer({ config, statsUrl }: DrainRequest, progress: Progress): Promise<void> {
  const path = config['spool.path'];
  note(`"${path}" is in use; asking ${statsUrl}`);
  const ask = () => fetchStats(statsUrl, config['admin.token']);
  const { sink, spool } = await ask();
  if (sink?.kind === 'spool') throw userError('SPOOL_IS_LOG', { path });
  if (spool?.state === 'unused') throw userError('SPOOL_LOCKED', { path });
  note('Its server sends it by itself: waiting until it is empty.');
  const trouble = async (): Promise<string | null> => {
    try {
      return (await ask()).sink?.lastError ?? null;
    } catch (error) {
      if (error instanceof RedirectorError) return error.message; // it may be starting anew
      throw error;
    }
  };
  while (progress.goesOn() && isSpoolLocked(path)) await progress.wait(trouble);
}

async function send(
  { config, debug }: DrainRequest,
  progress: Progress,
): Promise<{ delivered: number; rejected: number }> {
  const { topic } = config;
  // What cannot work at all is told at once: a shipper would go on trying.
  if ((await withAdmin(config, (admin) => findTopic(admin, topic))) === undefined) {
    throw userError('TOPIC_NOT_FOUND', { topic, brokers: (config.brokers ?? []).join(', ') });
  }
  const drain = await startSpoolDrain(config, debug ? 'debug' : 'silent');
  try {
    note(`No server has the spool: sending it to topic "${topic}" at ${(config.brokers ?? []).join(', ')}.`);
    while (progress.goesOn()) await progress.wait(() => drain.read().trouble);
  } finally {
    await drain.stop();
  }
  const { delivered, rejected } = drain.read();
  return { delivered, rejected };
}
