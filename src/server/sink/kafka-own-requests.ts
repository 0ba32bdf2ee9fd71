/** Kafka's requests that kafkajs does not have, for commands: changes of single settings, and sizes on disk. */
import type { OwnRequest } from './kafka-transport.ts';

/** A setting with its new value; null: back to the default. */
export type SettingChange = readonly [name: string, value: string | null];

export interface RequestOutcome {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** org.apache.kafka.common.config.ConfigResource.Type, and AlterConfigOp.OpType. */
const TOPIC = 2;
const OPERATION = { set: 0, delete: 1 } as const;

/** IncrementalAlterConfigs, version 0: settings that it does not name stay as they are. */
export const incrementalAlterConfigs = (
  topic: string,
  changes: readonly SettingChange[],
  validateOnly: boolean,
): OwnRequest<RequestOutcome> => ({
  api: { apiKey: 44, apiVersion: 0, apiName: 'IncrementalAlterConfigs' },
  encode(encoder) {
    encoder.writeInt32(1).writeInt8(TOPIC).writeString(topic).writeInt32(changes.length);
    for (const [name, value] of changes) {
      encoder
        .writeString(name)
        .writeInt8(value === null ? OPERATION.delete : OPERATION.set)
        .writeString(value);
    }
    return encoder.writeBoolean(validateOnly);
  },
  decode(decoder) {
    decoder.readInt32(); // throttle time
    const outcomes = decoder.readArray((one) => {
      const outcome = { errorCode: one.readInt16(), errorMessage: one.readString() };
      one.readInt8(); // type and name of what was changed
      one.readString();
      return outcome;
    });
    return outcomes[0]!;
  },
});

/** What a broker has of partitions on its disks. */
export interface LogDirSize {
  readonly partition: number;
  readonly bytes: number;
}

/** DescribeLogDirs, version 1, of one broker: its partitions of a topic. Empty where this client may not see them. */
export const describeLogDirs = (topic: string, partitions: readonly number[]): OwnRequest<LogDirSize[]> => ({
  api: { apiKey: 35, apiVersion: 1, apiName: 'DescribeLogDirs' },
  encode(encoder) {
    encoder.writeInt32(1).writeString(topic).writeInt32(partitions.length);
    for (const partition of partitions) encoder.writeInt32(partition);
    return encoder;
  },
  decode(decoder) {
    decoder.readInt32(); // throttle time
    return decoder
      .readArray((directory) => {
        directory.readInt16(); // an error leaves its list of topics empty
        directory.readString();
        return directory.readArray((found) => {
          found.readString();
          return found.readArray((one) => {
            const size = { partition: one.readInt32(), bytes: Number(one.readInt64().toString()) };
            one.readInt64(); // how far it lags, as a replica that is being moved
            return one.readBoolean() ? [] : [size]; // such a one is not the partition yet
          });
        });
      })
      .flat(3);
  },
});
