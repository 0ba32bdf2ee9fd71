/** The topic that a subcommand of `topics` is about. */
import { topicName } from '../../../option-types.ts';
import { optionalArgument } from '../../command.ts';

export const topicArgument = optionalArgument({
  type: topicName,
  help: 'The topic; without it, the one of the configuration (--topic).',
  accepts: ['log'],
  refuses: ['two words'],
});
