/** Turns OTLP's JSON (attributes as lists of tagged values, kinds as numbers) into spans that tests can compare with. */

export type AttributeValue = string | number | boolean | AttributeValue[];
export type Attributes = Record<string, AttributeValue>;

export interface JaegerSpan {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  /** Undefined for a root span. */
  parentSpanId: string | undefined;
  name: string;
  kind: 'UNSPECIFIED' | 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';
  attributes: Attributes;
  status: { code: 'UNSET' | 'OK' | 'ERROR'; message: string };
  /** Nanoseconds since 1970. */
  startTime: bigint;
  endTime: bigint;
  events: { name: string; time: bigint; attributes: Attributes }[];
  links: { traceId: string; spanId: string; attributes: Attributes }[];
  /** Attributes of the resource, `service.name` among them. */
  resource: Attributes;
  /** Name of the instrumentation scope. */
  scope: string;
}

interface OtlpValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  arrayValue?: { values?: OtlpValue[] };
}
type OtlpAttributes = { key: string; value: OtlpValue }[] | undefined;

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  attributes?: OtlpAttributes;
  status?: { code?: number; message?: string };
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  events?: { name: string; timeUnixNano: string; attributes?: OtlpAttributes }[];
  links?: { traceId: string; spanId: string; attributes?: OtlpAttributes }[];
}

export interface ResourceSpans {
  resource?: { attributes?: OtlpAttributes };
  scopeSpans?: { scope?: { name?: string }; spans?: OtlpSpan[] }[];
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const STATUSES = ['UNSET', 'OK', 'ERROR'] as const;

/** All spans of OTLP/JSON resource spans, flat. */
export function spansOf(resourceSpans: ResourceSpans[]): JaegerSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span) => toSpan(span, attributesOf(resource?.attributes), scope?.name ?? '')),
    ),
  );
}

function toSpan(span: OtlpSpan, resource: Attributes, scope: string): JaegerSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    name: span.name,
    kind: KINDS[span.kind ?? 0] ?? 'UNSPECIFIED',
    attributes: attributesOf(span.attributes),
    status: { code: STATUSES[span.status?.code ?? 0] ?? 'UNSET', message: span.status?.message ?? '' },
    startTime: BigInt(span.startTimeUnixNano),
    endTime: BigInt(span.endTimeUnixNano),
    events: (span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({
      name,
      time: BigInt(timeUnixNano),
      attributes: attributesOf(attributes),
    })),
    links: (span.links ?? []).map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      attributes: attributesOf(attributes),
    })),
    resource,
    scope,
  };
}

function attributesOf(list: OtlpAttributes): Attributes {
  return Object.fromEntries((list ?? []).map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: OtlpValue): AttributeValue {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? '';
}
