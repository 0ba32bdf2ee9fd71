/** The client's address behind proxies: what a proxy that we trust says, and nobody else. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import { hostAndPort, unmapped } from '../../hosts.ts';
import type { Networks } from '../../networks.ts';

/** The header that trusted proxies write. */
export type ForwardedHeader = 'x-forwarded-for' | 'forwarded';

/** An address, with its port where it is known. */
interface Peer {
  readonly address: string;
  readonly port: number | undefined;
}

/**
 * The client of a request: the last address in the header, from the right, that is not a trusted proxy. Whatever a client writes
 * into the header itself stands to the left of what the proxies add, so it is never believed.
 * @param remoteAddress of the connection, `ip:port`
 * @returns `ip:port`, or the address alone where its port is not known; IPv6 in brackets
 */
export function clientAddress(
  remoteAddress: string,
  headers: IncomingHttpHeaders,
  trusted: Networks,
  header: ForwardedHeader,
): string {
  let client = parsePeer(remoteAddress);
  if (client === undefined || !trusted.has(client.address)) return remoteAddress;
  const value = headers[header];
  const hops =
    value === undefined
      ? []
      : header === 'forwarded'
        ? forwardedFor(String(value))
        : String(value).split(',');
  for (const hop of hops.reverse()) {
    const peer = parsePeer(hop.trim());
    if (peer === undefined) break; // "unknown", an obfuscated name, or rubbish: what is further left cannot be known
    client = peer;
    if (!trusted.has(peer.address)) break;
  }
  return client.port === undefined ? bracketed(client.address) : hostAndPort(client.address, client.port);
}

const bracketed = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** `ip`, `ip:port`, `[ip]`, `[ip]:port`, or a bare IPv6 address; IPv4-mapped ones as IPv4. */
function parsePeer(text: string): Peer | undefined {
  const [, inBrackets, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [
    undefined,
    undefined,
    text,
  ];
  const address = unmapped(inBrackets ?? plain ?? '');
  if (isIP(address) === 0) return undefined;
  return { address, port: port === undefined ? undefined : Number(port) };
}

/** The `for` of each element of a Forwarded header (RFC 7239, 4), without quotes; an element without one is empty. */
function forwardedFor(header: string): string[] {
  const elements = header.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return elements.map((element) => {
    const [, quoted, plain] = /(?:^|;)\s*for\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,\s]*))/i.exec(element) ?? [];
    return quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
  });
}
