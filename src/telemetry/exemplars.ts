/** Traced requests as examples of what a bucket counts: the newest for each bucket of each series. */
import { type HttpMethod, knownMethod } from './http-methods.ts';
import { metrics } from './metric-names.ts';

const { buckets } = metrics['http.server.request.duration'];

export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly durationSeconds: number;
  /** Wall-clock ms. */
  readonly timeMs: number;
}

/** What tells the series of http.server.request.duration apart. */
interface SeriesOf<Method> {
  readonly method: Method;
  readonly status: number;
}

export class Exemplars {
  readonly #series = new Map<string, (Exemplar | undefined)[]>();

  /** Notes a traced request; its method as sent. */
  note({ method, status }: SeriesOf<string>, exemplar: Exemplar): void {
    const key = `${knownMethod(method)} ${status}`;
    const newest = this.#series.get(key) ?? [];
    this.#series.set(key, newest);
    const bucket = buckets.findIndex((bound) => exemplar.durationSeconds <= bound);
    newest[bucket === -1 ? buckets.length : bucket] = exemplar;
  }

  /** The newest of a series by bucket, as far as there are any. */
  of({ method, status }: SeriesOf<HttpMethod>): readonly (Exemplar | undefined)[] {
    return this.#series.get(`${method} ${status}`) ?? [];
  }
}
