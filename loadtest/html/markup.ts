/** HTML and SVG from templates: whatever is put in is escaped, unless it was made here. */

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | readonly (string | number | Markup)[];

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

const textOf = (value: Value): string => {
  if (value instanceof Markup) return value.text;
  return typeof value === 'object' ? value.map(textOf).join('') : escaped(String(value));
};

/** A template of markup. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Markup =>
  new Markup(
    strings.map((part, index) => part + (index < values.length ? textOf(values[index]!) : '')).join(''),
  );

/** A document as the content of a script element, where markup is not read but its end is looked for. */
export const jsonForScript = (document: unknown): Markup =>
  new Markup(JSON.stringify(document).replaceAll('<', '\\u003c'));
