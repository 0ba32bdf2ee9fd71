/** Attributes of the spans of a traced redirect, after the semantic conventions for HTTP and Kafka. */
import type { Attributes } from '@opentelemetry/api';
import { knownMethod } from './http-methods.ts';
import type { BatchFate, ClickNote } from './notes.ts';

/** The name of the SERVER span; `HTTP` stands for a method that is not known. */
export function serverSpanName({ method, route }: ClickNote): string {
  const known = knownMethod(method);
  const verb = known === '_OTHER' ? 'HTTP' : known;
  return route === undefined ? verb : `${verb} ${route}`;
}

/** @param scheme by which redirects are served */
export function serverAttributes(note: ClickNote, scheme: 'http' | 'https'): Attributes {
  const query = note.path.indexOf('?');
  const client = note.clientAddress === '' ? undefined : addressParts(note.clientAddress);
  const peer = note.peerAddress === '' ? undefined : addressParts(note.peerAddress);
  const server = note.host === undefined ? undefined : addressParts(note.host);
  const method = knownMethod(note.method);
  return {
    'http.request.method': method,
    ...(method !== '_OTHER' ? {} : { 'http.request.method_original': note.method }),
    'http.response.status_code': note.status,
    'url.scheme': scheme,
    'url.path': query === -1 ? note.path : note.path.slice(0, query),
    ...(query === -1 ? {} : { 'url.query': note.path.slice(query + 1) }),
    ...(note.route === undefined ? {} : { 'http.route': note.route }),
    ...(server === undefined ? {} : { 'server.address': server.address }),
    ...(server?.port === undefined ? {} : { 'server.port': server.port }),
    ...(note.userAgent === undefined ? {} : { 'user_agent.original': note.userAgent }),
    ...(client === undefined ? {} : { 'client.address': client.address }),
    ...(peer === undefined ? {} : { 'network.peer.address': peer.address }),
    ...(peer?.port === undefined ? {} : { 'network.peer.port': peer.port }),
    'network.protocol.version': note.protocolVersion,
  };
}

/** What the conventions for messaging want of an operation on a topic. */
export const messagingAttributes = (operation: 'send' | 'produce', topic: string): Attributes => ({
  'messaging.system': 'kafka',
  'messaging.operation.name': operation,
  'messaging.operation.type': 'send',
  'messaging.destination.name': topic,
});

/** Why the records of a batch were dropped; undefined where they were not. */
export const dropReasonOf = ({ outcome }: BatchFate): string | undefined =>
  outcome.kind === 'dropped' ? outcome.reason : undefined;

/** What a batch's fate tells of it, and of each record in it. */
export function fateAttributes(fate: BatchFate): Attributes {
  const { outcome, place, records } = fate;
  const reason = dropReasonOf(fate);
  return {
    'redirector.batch.records': records,
    'redirector.batch.outcome': outcome.kind,
    ...(place === undefined ? {} : { 'messaging.destination.partition.id': String(place.partition) }),
    ...(reason === undefined ? {} : { 'error.type': reason }),
  };
}

/**
 * Offset of one record.
 * @param index its place in the batch, from 0
 */
export function offsetAttributes({ place }: BatchFate, index: number): Attributes {
  if (place?.baseOffset === undefined) return {};
  return { 'messaging.kafka.offset': Number(place.baseOffset + BigInt(index)) };
}

/** Splits `host`, `host:port`, `[::1]` or `[::1]:port`. */
function addressParts(text: string): { address: string; port: number | undefined } {
  const match = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text);
  if (match === null) return { address: text, port: undefined };
  return {
    address: match[1] ?? match[2] ?? '',
    port: match[3] === undefined ? undefined : Number(match[3]),
  };
}
