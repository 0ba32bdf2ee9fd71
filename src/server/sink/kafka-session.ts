/** The connections that kafkajs keeps to one broker: whether they can be used, their SASL session, and their end. */
import type { Broker, ConnectionPool } from './kafkajs-internals.ts';

export type PooledBroker = Broker & { readonly connectionPool: ConnectionPool };

/** Where a broker is, and the connection to it. */
export interface Place {
  /** Undefined: at the bootstrap addresses, in turn. */
  readonly at: { readonly host: string; readonly port: number } | undefined;
  broker: PooledBroker | undefined;
  /** A connect under way, shared by all who need it meanwhile. */
  connecting: Promise<PooledBroker> | undefined;
  /** There was a connection to it before. */
  wasConnected: boolean;
}

export const placeAt = (at: Place['at']): Place => ({
  at,
  broker: undefined,
  connecting: undefined,
  wasConnected: false,
});

/** How long before its end a session is renewed at most, in ms; a shorter one when four fifths of it are over. */
const RENEW_BEFORE_MS = 60_000;

/** It was connected, with SASL also authenticated, and still is; its session may be near its end. */
export function isOpen({ connectionPool }: PooledBroker): boolean {
  if (!connectionPool.isConnected()) return false;
  return connectionPool.sasl === undefined || connectionPool.pool.some((one) => one.authenticatedAt !== null);
}

/**
 * Sets when a connection that has just been authenticated no longer counts so. With one time for sessions of every length,
 * kafkajs would renew a shorter one with each request, which brokers refuse.
 */
export function planRenewal({ connectionPool }: PooledBroker): void {
  for (const connection of connectionPool.pool) {
    const life = Number(connection.sessionLifetime.toString());
    connection.reauthenticationThreshold = Math.min(RENEW_BEFORE_MS, Math.floor(life / 5));
  }
}

/** Ends the connections at once; requests under way reject. */
export function destroy({ connectionPool }: PooledBroker, why: string): void {
  for (const connection of connectionPool.pool) {
    connection.connectionStatus = 'disconnected';
    connection.requestQueue.rejectAll(new Error(`connection closed: ${why}`));
    connection.requestQueue.destroy();
    connection.socket?.destroy();
  }
}

/** Ends the connection to a place, where there is one. */
export function leave({ broker }: Place, why: string): void {
  if (broker !== undefined) destroy(broker, why);
}
