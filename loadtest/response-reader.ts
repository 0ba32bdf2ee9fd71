/**
 * A small, strict reader of HTTP/1.1 responses (RFC 9112), for the load generator: it finds where each response ends
 * and what its status is, and keeps nothing of the body. node:http would cost several times as much per answer.
 */

/** What the generator needs to know of one response. */
export interface ResponseHead {
  readonly status: number;
  /** False when the server will close the connection after this response. */
  readonly keepAlive: boolean;
}

/** The bytes are not an HTTP/1.1 response; `message` completes "the answer ...". */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse';
}

const HEAD_LIMIT = 16 * 1024;
const CHUNK_LINE_LIMIT = 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
const CRLF = Buffer.from('\r\n');
const NOTHING = Buffer.alloc(0);

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,12})[\t ]*(?:;.*)?$/;

type State = 'head' | 'sized' | 'until-close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers';

/**
 * Reads the responses of one connection. Bytes may come in any pieces: one at a time or several responses at once.
 * After a MalformedResponse the reader is of no more use, nor is the connection.
 */
export class ResponseReader {
  readonly #onResponse: (response: ResponseHead) => void;
  readonly #isHead: boolean;
  #state: State = 'head';
  /** The start of a line or head that has not ended yet. */
  #pending: Buffer = NOTHING;
  /** Body bytes still to come (states sized, chunk-data). */
  #remaining = 0;
  #head: ResponseHead = { status: 0, keepAlive: false };

  /** `onResponse` is called once per whole response. `method` HEAD: responses have no body, whatever they say. */
  constructor(onResponse: (response: ResponseHead) => void, method: 'GET' | 'HEAD' = 'GET') {
    this.#onResponse = onResponse;
    this.#isHead = method === 'HEAD';
  }

  /** True between responses: not one byte of another has come. */
  get atBoundary(): boolean {
    return this.#state === 'head' && this.#pending.length === 0;
  }

  /**
   * Reads `chunk`, which may be reused by the caller afterwards.
   * @throws MalformedResponse
   */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#step(rest);
  }

  /**
   * The server closed the connection: ends a body that has no length of its own.
   * @throws MalformedResponse when a response was cut in the middle.
   */
  end(): void {
    if (this.#state === 'until-close') this.#complete();
    else if (!this.atBoundary) throw new MalformedResponse('ended in the middle');
  }

  /** Consumes a part of `bytes` (at least one) and returns what is left. */
  #step(bytes: Buffer): Buffer {
    switch (this.#state) {
      case 'head':
        return this.#line(bytes, HEAD_END, HEAD_LIMIT, (head) => this.#readHead(head));
      case 'sized':
      case 'chunk-data': {
        const taken = Math.min(this.#remaining, bytes.length);
        this.#remaining -= taken;
        if (this.#remaining === 0) {
          if (this.#state === 'sized') this.#complete();
          else this.#state = 'chunk-end';
        }
        return bytes.subarray(taken);
      }
      case 'until-close':
        return NOTHING;
      case 'chunk-size':
        return this.#line(bytes, CRLF, CHUNK_LINE_LIMIT, (line) => this.#readChunkSize(line));
      case 'chunk-end':
        return this.#line(bytes, CRLF, CRLF.length, (line) => {
          if (line !== '') throw new MalformedResponse('has a chunk that is longer than its size says');
          this.#state = 'chunk-size';
        });
      case 'trailers':
        return this.#line(bytes, CRLF, HEAD_LIMIT, (line) => {
          if (line === '') this.#complete();
          else if (!FIELD.test(line)) throw new MalformedResponse(`has a bad trailer: ${show(line)}`);
        });
    }
  }

  /** Collects bytes up to `terminator` and hands the text before it to `use`. */
  #line(bytes: Buffer, terminator: Buffer, limit: number, use: (text: string) => void): Buffer {
    const before = this.#pending.length;
    const all = before === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    // The terminator may have begun in what came before.
    const end = all.indexOf(terminator, Math.max(0, before - terminator.length + 1));
    if ((end < 0 ? all.length : end + terminator.length) > limit) {
      throw new MalformedResponse(`has a line or head of more than ${limit} bytes`);
    }
    if (end < 0) {
      // A copy, since the caller reuses its buffer.
      this.#pending = before === 0 ? Buffer.from(all) : all;
      return NOTHING;
    }
    this.#pending = NOTHING;
    use(all.toString('latin1', 0, end));
    return all.subarray(end + terminator.length);
  }

  #readHead(head: string): void {
    const lines = head.split('\r\n');
    const statusLine = STATUS_LINE.exec(lines[0]!);
    if (statusLine === null) throw new MalformedResponse(`does not begin as HTTP/1.1: ${show(lines[0]!)}`);
    const status = Number(statusLine[2]);
    let keepAlive = statusLine[1] === '1';
    let length: number | undefined;
    let chunked = false;
    for (let index = 1; index < lines.length; index++) {
      const field = FIELD.exec(lines[index]!);
      if (field === null) throw new MalformedResponse(`has a bad header line: ${show(lines[index]!)}`);
      const value = field[2]!;
      switch (field[1]!.toLowerCase()) {
        case 'content-length': {
          const given = /^\d{1,15}$/.test(value) ? Number(value) : -1;
          if (given < 0 || (length !== undefined && length !== given)) {
            throw new MalformedResponse(`has a bad Content-Length: ${show(value)}`);
          }
          length = given;
          break;
        }
        case 'transfer-encoding':
          if (chunked || value.toLowerCase() !== 'chunked') {
            throw new MalformedResponse(`has a Transfer-Encoding other than chunked: ${show(value)}`);
          }
          chunked = true;
          break;
        case 'connection':
          if (/(^|,)[\t ]*close[\t ]*(,|$)/i.test(value)) keepAlive = false;
          else if (/(^|,)[\t ]*keep-alive[\t ]*(,|$)/i.test(value)) keepAlive = true;
          break;
      }
    }
    if (chunked && length !== undefined) {
      throw new MalformedResponse('has both Content-Length and Transfer-Encoding');
    }
    this.#beginBody({ status, keepAlive }, chunked, length);
  }

  #beginBody(head: ResponseHead, chunked: boolean, length: number | undefined): void {
    const { status } = head;
    if (status === 101) throw new MalformedResponse('switches protocols, which was not asked for');
    // Other 1xx are interim: the response proper follows.
    if (status < 200) return;
    this.#head = head;
    if (this.#isHead || status === 204 || status === 304 || (!chunked && length === 0)) {
      this.#complete();
    } else if (chunked) {
      this.#state = 'chunk-size';
    } else if (length !== undefined) {
      this.#remaining = length;
      this.#state = 'sized';
    } else {
      this.#head = { status, keepAlive: false };
      this.#state = 'until-close';
    }
  }

  #readChunkSize(line: string): void {
    const size = CHUNK_SIZE.exec(line);
    if (size === null) throw new MalformedResponse(`has a bad chunk size: ${show(line)}`);
    this.#remaining = Number.parseInt(size[1]!, 16);
    this.#state = this.#remaining === 0 ? 'trailers' : 'chunk-data';
  }

  #complete(): void {
    this.#state = 'head';
    this.#onResponse(this.#head);
  }
}

const show = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
