/** Watches the event loop of the thread that it runs in, and publishes how late and how busy it is (loop-stats.ts). */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { LoopStats, loopWindowOf } from '../telemetry/loop-stats.ts';
import { monotonicMs } from './queue/clock.ts';

/** How often it is looked, in ms; a delay is what a look is late by. */
const RESOLUTION_MS = 20;
const PUBLISH_MS = 1000;
/**
 * Part of a second in which a loop that is no busier is not looked at: it keeps nothing waiting, and the looks would be most of the
 * CPU of an idle server.
 */
const IDLE = 0.02;

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
  let lastLook = before;
  let due = monotonicMs() + PUBLISH_MS;
  /** The longest delay of the window: also that of the looks here, which are all that an idle loop has. */
  let late = 0;
  const publish = (): void => {
    const { active, idle } = performance.eventLoopUtilization(before);
    const look = performance.eventLoopUtilization();
    const now = monotonicMs();
    late = Math.max(late, now - due, ms(delays.max));
    due = now + PUBLISH_MS;
    if (performance.eventLoopUtilization(look, lastLook).utilization <= IDLE) delays.disable();
    else if (delays.enable()) delays.reset(); // the time without looks is no delay
    lastLook = look;
    stats.publish(row, window, {
      p50: ms(delays.percentile(50)),
      p99: ms(delays.percentile(99)),
      max: late,
      busy: active,
      idle,
    });
    const current = loopWindowOf(now);
    if (current === window) return;
    window = current;
    delays.reset();
    late = 0;
    before = performance.eventLoopUtilization();
  };
  setInterval(publish, PUBLISH_MS).unref();
}
