/** What a start reads from files beside the configuration: rules, networks, certificates. All their mistakes at once. */
import type { Config } from '../config.ts';
import { RedirectorError, userError } from '../errors.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import type { LoadedRules } from './redirect/rules.ts';
import { readScanners } from './redirect/scanners.ts';
import { type RulesLoader, rulesLoader } from './rules-loader.ts';
import { kafkaClientOptions } from './sink/kafka-options.ts';

export interface Files {
  readonly rules: LoadedRules;
  /** Reads them again. */
  readonly loadRules: RulesLoader;
  /** Networks from which nobody clicks. */
  readonly scanners: readonly string[];
  /** Undefined: plain HTTP. */
  readonly certificate: Certificate | undefined;
}

/**
 * Reads them, and tries the certificates where Kafka is the sink.
 * @throws RedirectorError of the one mistake, or CONFIG_INVALID with a line for each of several
 */
export async function readFiles(config: Config): Promise<Files> {
  const loadRules = await rulesLoader(config);
  const mistakes: RedirectorError[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RedirectorError)) throw error;
      mistakes.push(error);
      return undefined;
    }
  };
  const rules = attempt(loadRules);
  const scanners = attempt(() => readScanners(config['record.scanners']));
  const certificate = attempt(() => readCertificate(config));
  if (config.sink === 'kafka') attempt(() => kafkaClientOptions(config));
  const [first, second] = mistakes;
  if (first !== undefined && second === undefined) throw first;
  if (rules === undefined || scanners === undefined || first !== undefined) {
    throw userError('CONFIG_INVALID', { problems: mistakes.map(({ message }) => message).join('\n') });
  }
  return { rules, loadRules, scanners, certificate };
}
