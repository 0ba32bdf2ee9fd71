/** A private CA and what it has signed, made by openssl for one test file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runGuarded, temporaryDirectory } from './guarded.ts';

export interface Certificate {
  /** PEM files. */
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** PEM file of its own certificate. */
  readonly ca: string;
  /** @param days from now; negative for one that has expired */
  sign(commonName: string, options?: { hosts?: string[]; days?: number }): Promise<Certificate>;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes a new authority, which nobody trusts. Its files are removed at the end of this process. */
export async function makeAuthority(): Promise<Authority> {
  const directory = temporaryDirectory('ca');
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]) => runGuarded('openssl', args, { log: file('openssl.log') });
  const ca = file('ca.pem');
  const caKey = file('ca.key');
  const subject = ['-subj', '/CN=Redirector test authority'];
  await openssl('req', '-x509', ...KEY, '-days', '2', ...subject, '-keyout', caKey, '-out', ca);
  let count = 0;
  return {
    ca,
    async sign(commonName, { hosts = [], days = 2 } = {}) {
      const number = ++count;
      const [key, request, cert, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) =>
        file(`${number}.${end}`),
      ) as [string, string, string, string];
      const names = hosts.map((host) => `DNS:${host}`).join(',');
      writeFileSync(extensions, names === '' ? '' : `subjectAltName=${names}\n`);
      await openssl('req', ...KEY, '-subj', `/CN=${commonName}`, '-keyout', key, '-out', request);
      const life = ['-days', String(days), '-extfile', extensions, '-out', cert];
      await openssl('x509', '-req', '-in', request, '-CA', ca, '-CAkey', caKey, '-CAcreateserial', ...life);
      return { cert, key };
    },
  };
}

/** The properties with which a listener of Kafka shows `server` and knows clients by `authority`. */
export function tlsProperties(authority: Authority, server: Certificate): Record<string, string> {
  const keystore = join(server.cert, '..', 'keystore.pem');
  writeFileSync(keystore, readFileSync(server.key, 'utf8') + readFileSync(server.cert, 'utf8'));
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority.ca,
  };
}
