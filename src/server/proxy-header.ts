/** The header of the PROXY protocol, versions 1 and 2 (HAProxy: The PROXY protocol, 2020/03/05). */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { hostAndPort, unmapped } from '../hosts.ts';

export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'wrong'; readonly reason: string }
  | {
      readonly kind: 'header';
      /** Bytes that it takes; what follows is the client's. */
      readonly length: number;
      /** `ip:port` of the client; undefined: the header tells none, and the connection's own address stands. */
      readonly client: string | undefined;
    };

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
const wrong = (reason: string): ProxyHeader => ({ kind: 'wrong', reason });

const V1_START = Buffer.from('PROXY ');
/** With its CR LF, as the specification has it. */
const V1_MAX_BYTES = 107;
const V2_START = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_FIXED_BYTES = 16;
/** Ours: addresses take 216 bytes at most, and what proxies add to them some hundreds. */
const V2_MAX_BYTES = 4096;

/** Reads the header at the beginning of what a proxy has sent so far. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, V1_START)) return bytes.length < V1_START.length ? INCOMPLETE : parseV1(bytes);
  if (startsLike(bytes, V2_START)) return bytes.length < V2_FIXED_BYTES ? INCOMPLETE : parseV2(bytes);
  return wrong('there is none');
}

/** Whether bytes begin with a text, as far as there are any yet. */
function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

const PORT = /^(0|[1-9]\d{0,4})$/;
const isPort = (text: string): boolean => PORT.test(text) && Number(text) <= 65_535;

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n');
  if (end === -1) return bytes.length < V1_MAX_BYTES ? INCOMPLETE : wrong('its line has no end');
  const length = end + 2;
  const [family, source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = bytes
    .toString('latin1', V1_START.length, end)
    .split(' ');
  if (family === 'UNKNOWN') return { kind: 'header', length, client: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isBareIPv6 : undefined;
  if (isAddress === undefined) return wrong('its protocol is none of TCP4, TCP6, UNKNOWN');
  const isWhole =
    isAddress(source) && isAddress(destination) && isPort(sourcePort) && isPort(destinationPort);
  if (!isWhole || more.length > 0) return wrong('its line is not "PROXY protocol from to port port"');
  return { kind: 'header', length, client: clientOf(source, Number(sourcePort)) };
}

const isBareIPv6 = (text: string): boolean => isIPv6(text) && !text.includes('%');

const LOCAL = 0;
const PROXY = 1;
/** By family: where the source's port stands behind the fixed part, and how many bytes the addresses take. */
const FAMILIES = [
  { addressBytes: 0, blockBytes: 0 },
  { addressBytes: 4, blockBytes: 12 },
  { addressBytes: 16, blockBytes: 36 },
  { addressBytes: 0, blockBytes: 216 },
] as const;
const STREAM = 1;
const DATAGRAM = 2;

function parseV2(bytes: Buffer): ProxyHeader {
  const [version, command] = [bytes[12]! >> 4, bytes[12]! & 15];
  const [family, transport] = [bytes[13]! >> 4, bytes[13]! & 15];
  const rest = bytes.readUInt16BE(14);
  const length = V2_FIXED_BYTES + rest;
  if (version !== 2) return wrong(`its version is ${version}, not 2`);
  if (command !== LOCAL && command !== PROXY) return wrong(`its command is ${command}`);
  const addresses = FAMILIES[family];
  if (addresses === undefined || transport > DATAGRAM) return wrong(`its protocol is ${bytes[13]}`);
  if (length > V2_MAX_BYTES) return wrong(`it has ${length} bytes, more than ${V2_MAX_BYTES}`);
  if (command === PROXY && rest < addresses.blockBytes) return wrong('it is too short for its addresses');
  if (bytes.length < length) return INCOMPLETE;
  const { addressBytes } = addresses;
  const hasClient = command === PROXY && transport === STREAM && addressBytes > 0;
  if (!hasClient) return { kind: 'header', length, client: undefined };
  const source = addressText(bytes.subarray(V2_FIXED_BYTES, V2_FIXED_BYTES + addressBytes));
  const port = bytes.readUInt16BE(V2_FIXED_BYTES + 2 * addressBytes);
  return { kind: 'header', length, client: clientOf(source, port) };
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16)).join(':');
}

function clientOf(address: string, port: number): string {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  return hostAndPort(unmapped(new SocketAddress({ address, family }).address), port);
}
