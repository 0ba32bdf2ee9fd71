/** Draws a trace as an SVG: a row for each span under its parent, and a bar for its time. */
import type { JaegerSpan } from '../../test/support/jaeger-trace.ts';

const WIDTH = 800;
const NAMES_WIDTH = 240;
const BARS_WIDTH = 520;
const TOP = 44;
const ROW = 40;
const INDENT = 16;
/** A bar is seen however short its time was. */
const LEAST_BAR = 3;

/** Colours that can be told apart on white and on black; one for each service, in order of appearance. */
const SERVICE_COLOURS = ['#6b7f99', '#2f81f7', '#8957e5'];
const ERROR_COLOUR = '#e5534b';

const STYLE = `text{font:13px system-ui,sans-serif;fill:#1f2328}.quiet{font-size:11px;fill:#59636e}.grid{stroke:#d1d9e0}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.quiet{fill:#9198a1}.grid{stroke:#3d444d}}`;

interface Row {
  readonly span: JaegerSpan;
  readonly depth: number;
}

/**
 * The picture of the spans of one trace.
 * @param caption what is seen in it, for who cannot see it
 */
export function tracePicture(spans: readonly JaegerSpan[], caption: string): string {
  const rows = inTree(spans);
  const begin = rows.reduce(
    (least, { span }) => (span.startTime < least ? span.startTime : least),
    rows[0]!.span.startTime,
  );
  const end = rows.reduce((most, { span }) => (span.endTime > most ? span.endTime : most), begin);
  const services = [...new Set(rows.map(({ span }) => serviceOf(span)))];
  const x = (time: bigint) => NAMES_WIDTH + (Number(time - begin) / Number(end - begin)) * BARS_WIDTH;
  const height = TOP + rows.length * ROW + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(caption)}</title>`,
    `<style>${STYLE}</style>`,
    ...scale(end - begin, height),
    ...rows.flatMap(({ span, depth }, index) => {
      const colour = isError(span)
        ? ERROR_COLOUR
        : SERVICE_COLOURS[services.indexOf(serviceOf(span)) % SERVICE_COLOURS.length];
      const y = TOP + index * ROW;
      const left = x(span.startTime);
      const width = Math.max(LEAST_BAR, x(span.endTime) - left);
      const name = INDENT * depth;
      return [
        `<text x="${name}" y="${y + 15}">${escaped(span.name)}</text>`,
        `<text x="${name}" y="${y + 29}" class="quiet">${escaped(`${serviceOf(span)}, ${span.kind}`)}</text>`,
        `<rect x="${left.toFixed(1)}" y="${y + 5}" width="${width.toFixed(1)}" height="12" rx="2" fill="${colour}"/>`,
        barText(span, left, width, y + 29),
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

/** Spans with their depth, each after its parent and before its parent's next child; children in order of time. */
function inTree(spans: readonly JaegerSpan[]): Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const under = (parent: string | undefined, depth: number): Row[] =>
    spans
      .filter(({ parentSpanId = '' }) =>
        parent === undefined ? !ids.has(parentSpanId) : parentSpanId === parent,
      )
      .toSorted((a, b) => Number(a.startTime - b.startTime))
      .flatMap((span) => [{ span, depth }, ...under(span.spanId, depth + 1)]);
  return under(undefined, 0);
}

/** How long it took and how it ended; on the side of the bar where there is room. */
function barText(span: JaegerSpan, left: number, width: number, y: number): string {
  const place = span.attributes['messaging.kafka.offset'];
  const partition = span.attributes['messaging.destination.partition.id'];
  const text = [
    milliseconds(span.endTime - span.startTime),
    ...(isError(span) ? [`error: ${span.status.message}`] : []),
    ...(place === undefined ? [] : [`partition ${partition}, offset ${place}`]),
  ].join(', ');
  const fitsRight = left < NAMES_WIDTH + BARS_WIDTH / 2;
  const at = fitsRight ? `x="${left.toFixed(1)}"` : `x="${(left + width).toFixed(1)}" text-anchor="end"`;
  return `<text ${at} y="${y}" class="quiet">${escaped(text)}</text>`;
}

/** Lines at the quarters of the time, with their milliseconds. */
function scale(length: bigint, height: number): string[] {
  return [0, 1, 2, 3, 4].flatMap((quarter) => {
    const at = NAMES_WIDTH + (quarter * BARS_WIDTH) / 4;
    return [
      `<line x1="${at}" y1="24" x2="${at}" y2="${height - 4}" class="grid"/>`,
      `<text x="${at}" y="16" text-anchor="middle" class="quiet">${milliseconds((length * BigInt(quarter)) / 4n)}</text>`,
    ];
  });
}

const serviceOf = (span: JaegerSpan): string => String(span.resource['service.name']);
const isError = (span: JaegerSpan): boolean => span.status.code === 'ERROR';

function milliseconds(nanoseconds: bigint): string {
  const value = Number(nanoseconds) / 1e6;
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
