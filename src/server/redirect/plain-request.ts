/**
 * Reads the requests that nearly all clients send: a GET or HEAD without a body, in one piece. It takes a small, strict part of
 * RFC 9112 and says of everything else only that it is not plain; node:http decides about that.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { ownCopy } from './own-copy.ts';
import type { Incoming } from './request-path.ts';

/** Visible ASCII from a slash on: origin-form. Fragments do not belong here, but node:http takes them, and so does this. */
const REQUEST_LINE = /(GET|HEAD) (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/y;
/** A token, and a value without white space around it that one would have to take off. */
const FIELD_LINE =
  /[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?\r\n/y;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

/** Fields with which a request has a body, asks for another protocol, or says something of its connection. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
  'proxy-connection',
]);

/** Names that are remembered; clients send few, but can send any. */
const MOST_NAMES = 1000;
/** Names of fields as they are sent, and in lower case; '' where a request with it is not plain. */
const names = new Map<string, string>();

/**
 * The name of a field in lower case, or '' where it makes its request not plain. One that is known is found without making it
 * anew, and the engine has it as the key of a property already.
 */
function nameOf(sent: string): string {
  let name = names.get(sent);
  if (name === undefined) {
    const lower = sent.toLowerCase();
    name = NOT_PLAIN.has(lower) ? '' : Object.keys({ [lower]: 0 })[0]!;
    if (names.size < MOST_NAMES) names.set(ownCopy(sent), name);
  }
  return name;
}

export class PlainRequest implements Incoming {
  readonly method: 'GET' | 'HEAD';
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion = '1.1';
  readonly socket: Socket;
  /** Where it ends in the text. */
  readonly end: number;

  constructor(
    method: 'GET' | 'HEAD',
    url: string,
    headers: IncomingHttpHeaders,
    socket: Socket,
    end: number,
  ) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.socket = socket;
    this.end = end;
  }
}

/**
 * The request that begins at a place, if it is plain and whole.
 * @param text bytes of a connection, as latin1
 */
export function readPlainRequest(text: string, at: number, socket: Socket): PlainRequest | undefined {
  REQUEST_LINE.lastIndex = at;
  const line = REQUEST_LINE.exec(text);
  if (line === null) return undefined;
  const headers: Record<string, string> = Object.create(null);
  let place = REQUEST_LINE.lastIndex;
  while (text.charCodeAt(place) !== CR) {
    FIELD_LINE.lastIndex = place;
    if (!FIELD_LINE.test(text)) return undefined;
    const colon = text.indexOf(':', place);
    const name = nameOf(text.slice(place, colon));
    // node:http joins fields of one name, drops others, or refuses the request, by their names.
    if (name === '' || headers[name] !== undefined) return undefined;
    place = FIELD_LINE.lastIndex;
    headers[name] = text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, place - 2);
  }
  if (text.charCodeAt(place + 1) !== LF || headers.host === undefined) return undefined;
  const { connection } = headers;
  if (connection !== undefined && connection.toLowerCase() !== 'keep-alive') return undefined;
  return new PlainRequest(line[1] as 'GET' | 'HEAD', line[2]!, headers, socket, place + 2);
}
