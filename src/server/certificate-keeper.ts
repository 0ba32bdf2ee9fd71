/** The certificate in force: read again when its files have changed; a bad one changes nothing. */
import type { Config } from '../config.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../telemetry/log-line.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { watchFiles } from './file-watch.ts';

export class CertificateKeeper {
  readonly #config: Config;
  readonly #log: Log;
  readonly #onChange: () => void;
  readonly stop: () => void;
  #certificate: Certificate | undefined;

  /** @param onChange called when another one is in force */
  constructor(config: Config, certificate: Certificate | undefined, log: Log, onChange: () => void) {
    this.#config = config;
    this.#certificate = certificate;
    this.#log = log;
    this.#onChange = onChange;
    this.stop = watchFiles([config['https.cert'], config['https.key']], () => this.reload());
  }

  get certificate(): Certificate | undefined {
    return this.#certificate;
  }

  /** Reads the files again: half of a change, such as a new key to an old certificate, is a bad one. */
  reload(): void {
    let certificate: Certificate | undefined;
    try {
      certificate = readCertificate(this.#config);
    } catch (error) {
      this.#log('redirector.certificate.refused', { 'exception.message': reasonOf(error) });
      return;
    }
    if (certificate?.cert === this.#certificate?.cert && certificate?.key === this.#certificate?.key) return;
    this.#certificate = certificate;
    this.#log('redirector.certificate.replaced');
    this.#onChange();
  }
}
