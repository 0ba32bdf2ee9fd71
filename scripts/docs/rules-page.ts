/** docs/rules.schema.json and docs/rules-reference.md, from the schema of rules files. */
import { z } from 'zod';
import { rulesFileSchema } from '../../src/server/redirect/rule-schema.ts';

/** The part of JSON Schema that rules files need. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly (string | number)[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
}

const schema = z.toJSONSchema(rulesFileSchema, { io: 'input' }) as Schema;

/** The JSON Schema of a rules file, for editors. */
export const rulesSchema = (): string =>
  `${JSON.stringify({ title: 'Rules of Redirector', ...schema }, null, 2)}\n`;

/** What a value may be, in a few words. */
function kindOf({ type, format, enum: values, anyOf, items, properties }: Schema): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (anyOf !== undefined) {
    const list = anyOf.find(({ type: of }) => of === 'array')!;
    const single = anyOf.find((one) => one !== list)!;
    const one = kindOf(single);
    return one === kindOf(list.items!) ? `${one}; or a list` : `${one}; or a ${kindOf(list)}`;
  }
  if (type === 'array') return items!.properties === undefined ? 'list' : 'list of maps';
  if (properties !== undefined || type === 'object') return 'map';
  if (format === 'date-time') return 'time';
  return type === 'string' ? 'text' : String(type);
}

function table({ properties = {}, required = [] }: Schema): string[] {
  const rows = Object.entries(properties).map(([key, property]) => {
    const needed = required.includes(key) ? 'Needed. ' : '';
    return `| \`${key}\` | ${kindOf(property)} | ${needed}${property.description ?? ''} |`;
  });
  return ['| key | takes | what it is |', '|---|---|---|', ...rows, ''];
}

/** The page's text. */
export function rulesPage(): string {
  const { rules, fallbacks } = schema.properties!;
  const rule = rules!.items!.properties!;
  const page = [
    '# Rules files: every key',
    '',
    '[rules.md](rules.md) says how rules are used, and [rules.schema.json](rules.schema.json) has the same for editors.',
    'Any other key is a mistake.',
    '',
    '## The file',
    '',
    ...table(schema),
    '## Each of `rules`',
    '',
    ...table(rules!.items!),
    '### `when`',
    '',
    ...table(rule.when!),
    '### Each of `targets`',
    '',
    ...table(rule.targets!.items!),
    '### `dynamic`',
    '',
    ...table(rule.dynamic!),
    '## Each of `fallbacks`',
    '',
    ...table(fallbacks!.items!),
  ];
  return `${page.join('\n').trimEnd()}\n`;
}
