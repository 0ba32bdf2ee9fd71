/**
 * `GET /api/v1/stream`: what the status page shows, as server-sent events. All who look share one reading a second; while
 * nobody looks there is none.
 */
import type { ServerResponse } from 'node:http';
import type { History, Sample } from './history.ts';
import type { RecentEvent, RecentEvents } from './recent-events.ts';
import type { Stats } from './stats.ts';

export const MAX_VIEWERS = 32;
/** Bytes that a viewer may leave unread before it is cut; it has a minute of readings or more waiting then. */
const MAX_UNREAD = 512 * 1024;

/** The first event of a stream: all that a page needs to begin. */
export interface Hello {
  readonly stats: Stats;
  readonly samples: readonly Sample[];
  readonly events: readonly RecentEvent[];
}

/** One for each second after that; `events` are those since the last one. */
export interface Reading {
  readonly stats: Stats;
  readonly sample: Sample;
  readonly events: readonly RecentEvent[];
}

/** The names of the stream's events. `end`: the server ends, and it was told to. */
type Told = { hello: Hello; reading: Reading; end: Record<string, never> };

const format = <Name extends keyof Told>(name: Name, data: Told[Name]): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

export interface LiveStreamParts {
  readonly history: Pick<History, 'samples' | 'onSample'>;
  readonly events: RecentEvents;
  stats(): Stats;
}

export class LiveStream {
  readonly #parts: LiveStreamParts;
  readonly #viewers = new Set<ServerResponse>();
  #ended = false;
  #lastEvent = 0;

  constructor(parts: LiveStreamParts) {
    this.#parts = parts;
    parts.history.onSample = (sample) => this.#tell(sample);
  }

  /** Answers with the stream. @returns false, with nothing written, where there are too many viewers, or the server ends */
  open(response: ServerResponse): boolean {
    if (this.#ended || this.#viewers.size >= MAX_VIEWERS) return false;
    const { stats, history, events } = this.#parts;
    const hello = format('hello', { stats: stats(), samples: history.samples, events: events.after(0) });
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.write(hello);
    this.#viewers.add(response);
    response.once('close', () => this.#viewers.delete(response));
    return true;
  }

  #tell(sample: Sample): void {
    if (this.#viewers.size === 0) return;
    const { stats, events } = this.#parts;
    const news = events.after(this.#lastEvent);
    this.#lastEvent = news.at(-1)?.number ?? this.#lastEvent;
    const text = format('reading', { stats: stats(), sample, events: news });
    for (const viewer of this.#viewers) {
      if (viewer.writableLength > MAX_UNREAD) viewer.destroy();
      else viewer.write(text);
    }
  }

  /** Says goodbye to all. */
  end(): void {
    this.#ended = true;
    for (const viewer of this.#viewers) viewer.end(format('end', {}));
  }
}
