/** `redirector topics delete`: only with --yes. */
import type { Admin } from 'kafkajs';
import { exitCode, userError } from '../../../errors.ts';
import { boolean, topicName } from '../../../option-types.ts';
import { defineCommand, ownOption, requiredArgument } from '../../command.ts';
import { findTopic, kafkaConnectionKeys, withAdmin } from '../../kafka-admin.ts';
import { printJson, printLine } from '../../output.ts';

export const command = defineCommand({
  details: 'The topic must be named, and --yes given: all records in it are lost.',
  examples: [
    ['redirector topics delete clicks.old --brokers kafka-1:9092', 'Says what would be lost'],
    ['redirector topics delete clicks.old --brokers kafka-1:9092 --yes', 'Deletes it'],
  ],
  takes: kafkaConnectionKeys,
  json: true,
  args: {
    topic: requiredArgument({
      type: topicName,
      help: 'The topic; the one of the configuration has to be named, too.',
      accepts: ['clicks.old'],
      refuses: ['two words'],
    }),
  },
  own: {
    yes: ownOption({
      type: boolean,
      default: false,
      help: 'Delete it.',
      accepts: ['true'],
      refuses: ['maybe'],
    }),
  },
  async run({ own, args: { topic }, json, loadConfig }) {
    const { config } = loadConfig();
    const offsets = await withAdmin(config, async (admin) => {
      if ((await findTopic(admin, topic)) === undefined) {
        throw userError('TOPIC_NOT_FOUND', { topic, brokers: (config.brokers ?? []).join(', ') });
      }
      const held = await offsetsIn(admin, topic);
      if (own.yes) await admin.deleteTopics({ topics: [topic] });
      return held;
    });
    if (!own.yes) {
      throw userError('USAGE', {
        reason: `Topic "${topic}" has ${offsets} offsets; add --yes to delete it with all records.`,
      });
    }
    if (json) printJson({ topic, deleted: true, offsets });
    else printLine(`Topic "${topic}" is deleted, with ${offsets} offsets.`);
    return exitCode.ok;
  },
});

/** No fewer than its records. */
async function offsetsIn(admin: Admin, topic: string): Promise<string> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return String(offsets.reduce((sum, { low, high }) => sum + BigInt(high) - BigInt(low), 0n));
}
