/** Watches the event loop of the thread that it runs in, and publishes how late and how busy it is (loop-stats.ts). */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { LoopStats, loopWindowOf } from '../telemetry/loop-stats.ts';
import { monotonicMs } from './queue/clock.ts';

/** How often it is looked, in ms; a delay is what a look is late by. Of an idle server these looks are most of the CPU. */
const RESOLUTION_MS = 50;
const PUBLISH_MS = 1000;

/**
 * Watches until the thread ends, which it does not keep from ending.
 * @param row of this thread in `memory`
 */
export function watchLoop(memory: SharedArrayBuffer, row: number): void {
  const stats = new LoopStats(memory);
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const ms = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  let window = loopWindowOf(monotonicMs());
  let before = performance.eventLoopUtilization();
  const publish = (): void => {
    const { active, idle } = performance.eventLoopUtilization(before);
    stats.publish(row, window, {
      p50: ms(delays.percentile(50)),
      p99: ms(delays.percentile(99)),
      max: ms(delays.max),
      busy: active,
      idle,
    });
    const current = loopWindowOf(monotonicMs());
    if (current === window) return;
    window = current;
    delays.reset();
    before = performance.eventLoopUtilization();
  };
  setInterval(publish, PUBLISH_MS).unref();
}
