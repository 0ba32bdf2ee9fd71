/** The certificate with which redirects are served by TLS, from the files of https.cert and https.key. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config.ts';
import { reasonOf, userError } from '../errors.ts';

/** PEM, both. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads and tries it; undefined where none is asked for.
 * @throws RedirectorError CERTIFICATE_INVALID
 */
export function readCertificate({ 'https.cert': cert, 'https.key': key }: Config): Certificate | undefined {
  if (cert === undefined || key === undefined) return undefined;
  try {
    const certificate = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    createSecureContext(certificate); // a key that does not fit is found here, not at the first connection
    return certificate;
  } catch (error) {
    throw userError('CERTIFICATE_INVALID', { cert, key, reason: reasonOf(error) });
  }
}
