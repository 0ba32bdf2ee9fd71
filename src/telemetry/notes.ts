/** What the threads tell the supervisor of traced redirects; plain data, which crosses threads. */

/** What a listener tells of a traced request; `record` says where its record stands, or why it was dropped. */
export interface ClickNote {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  readonly producerSpanId: string;
  /** Wall-clock ms, with fractions. */
  readonly startTime: number;
  readonly answeredTime: number;
  readonly method: string;
  readonly route: string | undefined;
  readonly path: string;
  readonly status: number;
  /** As it is recorded; empty: not told. */
  readonly clientAddress: string;
  /** Of the connection; empty: not told. */
  readonly peerAddress: string;
  readonly host: string | undefined;
  readonly userAgent: string | undefined;
  readonly protocolVersion: string;
  /** The number of the record's topic. */
  readonly topic: number;
  readonly record:
    | {
        readonly kind: 'accepted';
        readonly slab: number;
        readonly generation: number;
        readonly place: number;
      }
    | { readonly kind: 'dropped'; readonly reason: string };
}

/** What is told of a batch with traced records, or one that is lost. Times are wall-clock ms. */
export interface BatchFate {
  readonly slab: number;
  readonly generation: number;
  readonly records: number;
  /** The number of its topic. */
  readonly topic: number;
  /** A record of it is traced. */
  readonly traced: boolean;
  /** Of its first record. */
  readonly openedTime: number;
  /** When the sink that its outcome comes from took it; undefined: none ever did. */
  readonly takenTime: number | undefined;
  readonly outcome:
    | { readonly kind: 'delivered' }
    | { readonly kind: 'spooled' }
    | { readonly kind: 'dropped'; readonly reason: string };
  readonly place:
    | { readonly topic: string; readonly partition: number; readonly baseOffset: bigint | undefined }
    | undefined;
  /** When its outcome was known. */
  readonly time: number;
}
