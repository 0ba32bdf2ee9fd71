/** Log records as a collector gets them. */
import { attributeValue, type OtlpPoint, type OtlpReceiver, type OtlpResource } from './otlp-receiver.ts';

export interface OtlpLogRecord {
  readonly eventName: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly timeUnixNano: string;
  readonly body: { readonly stringValue: string };
  readonly attributes: OtlpPoint['attributes'];
  readonly traceId?: string;
  readonly spanId?: string;
}

interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly resource: OtlpResource;
    readonly scopeLogs: readonly {
      readonly scope: { readonly name: string };
      readonly logRecords: readonly OtlpLogRecord[];
    }[];
  }[];
}

/** Attributes as a plain object; numbers as text. */
export const attributesOf = (attributes: OtlpPoint['attributes']): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, attributeValue(value)]));

/** Every log record that came, with its resource and scope. */
export const logRecordsOf = (
  collector: OtlpReceiver,
): (OtlpLogRecord & { resource: Record<string, string>; scope: string })[] =>
  collector
    .received<LogsRequest>('logs')
    .flatMap(({ resourceLogs }) => resourceLogs)
    .flatMap(({ resource, scopeLogs }) =>
      scopeLogs.flatMap(({ scope, logRecords }) =>
        logRecords.map((record) => ({
          ...record,
          resource: attributesOf(resource.attributes),
          scope: scope.name,
        })),
      ),
    );
