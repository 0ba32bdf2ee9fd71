/** Checks what a start reads: the options, the rules, the files of tls.*. */
import { readFiles } from '../../server/preflight.ts';
import { type Check, failed, failedBy, ok } from './finding.ts';

export const configuration: Check = {
  name: 'configuration',
  async run({ config }) {
    try {
      await readFiles(config);
    } catch (error) {
      return failedBy(error);
    }
    if (config.target !== undefined || config.rules !== undefined) return ok('The configuration is valid.');
    return failed(
      'Neither target nor rules is given.',
      'Say where to redirect with --target URL or --rules FILE.',
    );
  },
};
