/** Reads the Prometheus text format, strictly: a line that is neither sample nor comment is an error. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/** Throws for a line that is not of the format, and for a sample that has no # TYPE before it. */
export function parsePrometheus(text: string): Sample[] {
  const types = new Set<string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n').filter(Boolean)) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type !== null) types.add(type[1]!);
    if (line.startsWith('#')) continue;
    const match = SAMPLE.exec(line);
    if (match === null) throw new Error(`not a sample: ${line}`);
    const [, name = '', labelText = '', number] = match;
    if (!types.has(name) && !types.has(name.replace(/_(bucket|sum|count)$/, ''))) {
      throw new Error(`no type is given for: ${line}`);
    }
    const found = [...labelText.matchAll(LABEL)];
    if (found.map(([whole]) => whole).join('') !== labelText) throw new Error(`labels of: ${line}`);
    const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number);
    if (Number.isNaN(value)) throw new Error(`not a number: ${line}`);
    samples.push({ name, labels: Object.fromEntries(found.map(([, key, text]) => [key, text])), value });
  }
  return samples;
}

/** The value of the one sample of that name that has those labels. Throws where there is none, or more. */
export function sampleValue(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length !== 1) {
    throw new Error(
      `${found.length} samples of ${name}; there are ${samples.map((sample) => sample.name).join(' ')}`,
    );
  }
  return found[0]!.value;
}
