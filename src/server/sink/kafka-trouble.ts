/**
 * Why a broker could not be used, in words that are the same as long as the cause is, at whichever broker it is met: then the
 * log tells it once.
 */
import { RedirectorError, reasonOf } from '../../errors.ts';
import type { RequestError } from '../../telemetry/sink-stats.ts';

interface KafkaError extends Error {
  /** Kafka's name of the error, e.g. SASL_AUTHENTICATION_FAILED. */
  readonly type?: unknown;
  /** The system's or OpenSSL's, e.g. ECONNREFUSED, ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED. */
  readonly code?: unknown;
}

/** The broker did not take the credentials. */
export function isRefusal(error: unknown): boolean {
  const { name, type } = error as KafkaError;
  return name === 'KafkaJSSASLAuthenticationError' || String(type).includes('SASL');
}

/** Why it did not, for the middle of a sentence. */
export const refusalReason = (error: unknown): string =>
  (error as KafkaError).type === 'ILLEGAL_SASL_STATE'
    ? 'this port asks for none (ILLEGAL_SASL_STATE)'
    : reasonOf(error);

/** A broker did not answer in time. */
export class AnswerTimeout extends Error {}

/** Why a request got no answer, as metrics tell it. */
export function requestErrorOf(error: unknown): RequestError {
  if (isRefusal(error)) return 'credentials';
  return error instanceof AnswerTimeout ? 'timeout' : 'connection';
}

/** OpenSSL's X509_V_ERR_* as Node names them, and Node's own check of the host name. */
const CERTIFICATE = /^(ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_|INVALID_|PATH_LENGTH_)/;

/** OpenSSL on a handshake. Its message begins with the number of a thread, so its code has to do. */
const HANDSHAKE = /^ERR_SSL_(.+)$/;

/** What Node says of a peer that answers the handshake by closing. */
const HANDSHAKE_CUT = 'before secure TLS connection was established';

/** Node's advice on the command line of Node, which is not ours. */
const NODE_ADVICE = /; if the root CA is installed locally,.*$/;

/** Why no connection could be made, for the middle of a sentence; without what kafkajs puts before it. */
export function connectionReason(error: unknown): string {
  const reason = reasonOf(error)
    .replace(/^(Connection error|Failed to connect): /, '')
    .replace(NODE_ADVICE, '');
  if (reason.includes(HANDSHAKE_CUT))
    return 'TLS: the handshake was cut off, as by a port that does not speak TLS (tls.enabled)';
  const code = String((error as KafkaError).code);
  if (CERTIFICATE.test(code)) return `TLS: the broker's certificate is not accepted: ${reason} (${code})`;
  const handshake = HANDSHAKE.exec(code)?.[1];
  if (handshake === undefined) return reason;
  return `TLS: the handshake failed: ${handshake.toLowerCase().replaceAll('_', ' ')} (${code})`;
}

/** The same where not one broker could be asked for anything, with what a port may want that closes at once. */
export function unreachableReason(error: unknown): string {
  if ((error as KafkaError).name !== 'KafkaJSConnectionClosedError') return connectionReason(error);
  return 'the connection was closed, as by a port that wants TLS (tls.enabled) or SASL (sasl.mechanism)';
}

/**
 * The sentence for what went wrong with a broker.
 * @param where what it is told of where it is no matter of tokens, credentials or certificates, which all brokers share
 */
export function troubleSentence(where: string, error: unknown, reasonFor = connectionReason): string {
  if (error instanceof RedirectorError) return error.message;
  if (isRefusal(error)) return `Kafka refuses the credentials: ${refusalReason(error)}.`;
  const reason = reasonFor(error);
  return reason.startsWith('TLS: ') ? `${reason}.` : `${where}: ${reason}.`;
}
