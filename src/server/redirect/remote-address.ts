/** The other end of a connection, as it is kept on the socket. */
import type { Socket } from 'node:net';
import { hostAndPort, unmapped } from '../../hosts.ts';

const remoteKey = Symbol('remote address');

/** A TLS socket has the socket that it is made over as `_parent`. */
type Addressed = Socket & { [remoteKey]?: string; readonly _parent?: Addressed | null };

/**
 * `ip:port` of the peer, IPv6 in brackets, IPv4-mapped addresses as IPv4. Kept on the socket, and to be called as soon as it is
 * accepted: the system forgets the address when the peer resets the connection, even with a request still to be read.
 * Empty when it had forgotten it before the connection was accepted.
 */
export function remoteAddressOf(socket: Addressed): string {
  const known = socket[remoteKey] ?? socket._parent?.[remoteKey];
  if (known !== undefined) return known;
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined) return '';
  return setRemoteAddress(socket, hostAndPort(unmapped(remoteAddress), remotePort!));
}

/** From now on `remoteAddressOf` is this, also for TLS over the socket. */
export function setRemoteAddress(socket: Addressed, address: string): string {
  socket[remoteKey] = address;
  return address;
}
