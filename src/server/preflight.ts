/** What a start reads from files beside the configuration: rules and certificates. All their mistakes at once. */
import type { Config } from '../config.ts';
import { RedirectorError, userError } from '../errors.ts';
import { type LoadedRules, loadRules } from './redirect/rules.ts';
import { kafkaClientOptions } from './sink/kafka-options.ts';

/**
 * Reads the rules, and tries the certificates where Kafka is the sink.
 * @returns the rules
 * @throws RedirectorError of the one mistake, or CONFIG_INVALID with a line for each of several
 */
export function readFiles(config: Config): LoadedRules {
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
  const rules = attempt(() => loadRules(config));
  if (config.sink === 'kafka') attempt(() => kafkaClientOptions(config));
  const [first, second] = mistakes;
  if (first !== undefined && second === undefined) throw first;
  if (rules === undefined || first !== undefined) {
    throw userError('CONFIG_INVALID', { problems: mistakes.map(({ message }) => message).join('\n') });
  }
  return rules;
}
