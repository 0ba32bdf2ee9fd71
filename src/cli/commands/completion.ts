/** `redirector completion`: the script is yargs's own; what it completes comes from the command table. */
import { exitCode } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  details: 'The script asks "redirector" itself what fits, so it stays true when commands are added.',
  examples: [
    ['redirector completion >> ~/.bashrc', 'Completes commands and flags in bash from the next shell on'],
    ['redirector completion >> ~/.zshrc', 'The same in zsh'],
  ],
  takes: [],
  async run() {
    const { default: yargs } = await import('yargs');
    yargs([]).scriptName('redirector').showCompletionScript();
    return exitCode.ok;
  },
});
