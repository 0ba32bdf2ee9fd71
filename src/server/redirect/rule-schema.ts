/** What a rules file may say, as one schema: the loader checks by it, and docs/rules.schema.json is made from it. */
import { z } from 'zod';
import { redirectStatuses } from '../../http-statuses.ts';
import { isNetwork } from '../../networks.ts';
import { TOPIC_NAME, TOPIC_NAME_EXPECTS } from '../../option-types.ts';

/** One or several of a thing; read as a list. */
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z
    .union([item, z.array(item).min(1, 'is not a list of at least one')])
    .transform((value) => (Array.isArray(value) ? value : [value]));

const text = (pattern: RegExp, expects: string) =>
  z.string(`is not ${expects}`).regex(pattern, `is not ${expects}`);

/** Names in A-label form, or `*.` and one of which all subdomains are meant. */
const host = text(
  /^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$|^\[[0-9a-f:.]+\]$/,
  'a host name in lower case without a port (international names as xn--...), or *. and one',
);
export const path = text(
  /^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/,
  'a path from /, percent-encoded as browsers send it, without ? and #',
);
const target = z.string('is not text');
/** No control characters; without the flag u, which not all who read the JSON Schema set. */
const name = text(/^[\x20-\x7e\xa0-\uffff]+$/, 'text of at least one character');
const moment = z.iso.datetime({ offset: true, error: 'is not a time such as 2026-12-24T18:00:00Z' });
const status = z.literal([...redirectStatuses], `is not one of ${redirectStatuses.join(', ')}`);
const cacheControl = text(/^[\x20-\x7e]*$/, 'printable ASCII text');
const topic = text(TOPIC_NAME, TOPIC_NAME_EXPECTS);
const passThrough = z.union(
  [z.literal(['none', 'all']), z.array(name).min(1, 'is not a list of at least one name')],
  'is not none, all or a list of names',
);

const conditions = z.strictObject({
  method: oneOrMore(text(/^[A-Z]+$/, 'a method in capitals'))
    .optional()
    .describe('Methods; GET and HEAD by default.'),
  query: z
    .record(name, z.union([z.string(), z.boolean()], 'is not text (in quotes), true or false'))
    .optional()
    .describe('Query parameters as sent: a value, true (there with any value) or false (absent).'),
  language: oneOrMore(text(/^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/, 'a language tag such as de or pt-BR'))
    .optional()
    .describe('One of them is what the client wants most, by Accept-Language.'),
  device: oneOrMore(
    z.literal(['mobile', 'tablet', 'desktop', 'bot'], 'is not mobile, tablet, desktop or bot'),
  )
    .optional()
    .describe('Device class, by User-Agent.'),
  network: oneOrMore(z.string().refine(isNetwork, 'is not an address or a network such as 10.0.0.0/8'))
    .optional()
    .describe("Networks of which one has the client's address."),
  country: oneOrMore(text(/^[A-Z]{2}$/, 'a country code of two capitals such as DE'))
    .optional()
    .describe("The client's country, which a trusted proxy tells in the header `proxy.countryHeader`."),
});

const hostAndPort = text(
  /^((\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(:\d{1,5})?$/,
  'a host name in lower case (international names as xn--...), or *. and one, with or without a port',
);

const dynamic = z.strictObject({
  parameter: text(/^[A-Za-z0-9_.-]+$/, 'the name of a query parameter')
    .default('u')
    .describe('The query parameter with the target, percent-encoded; u by default.'),
  schemes: oneOrMore(z.literal(['http', 'https'], 'is not http or https'))
    .default(['http', 'https'])
    .describe('Schemes that a target may have; http and https by default.'),
  hosts: oneOrMore(hostAndPort)
    .default([])
    .describe(
      'Hosts that a target may have: a name, *. and a name for what is below it, with a port where it is not the usual one.',
    ),
  signed: z
    .boolean('is not true or false')
    .default(false)
    .describe('Targets with a signature of a key in `signing.keys` may have any host.'),
});

export const ruleSchema = z.strictObject({
  name: name.optional().describe("What the record's field `rule` says; else the path, prefix or pattern."),
  host: oneOrMore(host).optional().describe('Hosts that it is for; all by default.'),
  path: path.optional().describe('The path, byte for byte, without a query.'),
  prefix: path.optional().describe('This path and all below it; {rest} is what follows.'),
  pattern: path
    .optional()
    .describe('A path with captures: /p/:id takes one segment, /p/*rest all that follow.'),
  when: conditions.optional().describe('What else must hold.'),
  target: target
    .optional()
    .describe('The Location: an absolute http(s) URL, which may hold {placeholders} after its host.'),
  targets: z
    .array(
      z.strictObject({
        target: target.describe('As `target` of a rule.'),
        weight: z
          .int('is not a whole number')
          .min(1, 'is not 1 or more')
          .describe('Its share: 3 and 1 are three quarters and one quarter.'),
      }),
      'is not a list',
    )
    .min(1, 'is not a list of at least one')
    .optional()
    .describe('Several targets, of which each request gets one by weight.'),
  dynamic: dynamic
    .optional()
    .describe('Instead of a target: the request names it, within an allow-list or signed.'),
  action: z
    .literal(['gone', 'refuse', 'no_content'], 'is not gone, refuse or no_content')
    .optional()
    .describe('Instead of a target: gone is 410, refuse is 403, no_content is 204 (as for /favicon.ico).'),
  text: z
    .string('is not text')
    .optional()
    .describe('Instead of a target: 200 with this as plain text (as for /robots.txt).'),
  status: status.optional().describe('Status of the redirect; else the option `status`.'),
  cacheControl: cacheControl.optional().describe('Cache-Control; else the option `cacheControl`.'),
  query: passThrough
    .optional()
    .describe(
      "Parameters of the request that are added to the target: none (default), all, or those named. The target's own win.",
    ),
  topic: topic.optional().describe('Kafka topic of its records; else the option `topic`.'),
  notBefore: moment.optional().describe('From when on it holds.'),
  expires: moment.optional().describe('Until when it holds.'),
});

const fallbackSchema = z.strictObject({
  host: oneOrMore(host)
    .optional()
    .describe('Hosts that it is for; all that have none of their own by default.'),
  target: target.optional().describe('Where what no rule matches goes; else it is 404.'),
  record: z
    .boolean('is not true or false')
    .optional()
    .describe('Whether such requests are recorded; true by default.'),
  topic: topic.optional().describe('Kafka topic of their records; else the option `topic`.'),
});

export const rulesFileSchema = z.strictObject({
  $schema: z.string('is not text').optional().describe('The place of rules.schema.json, for editors.'),
  rules: z.array(ruleSchema, 'is not a list').describe('What is redirected where.'),
  fallbacks: z
    .array(fallbackSchema, 'is not a list')
    .optional()
    .describe('What happens to what no rule matches.'),
});

export type RuleSpec = z.output<typeof ruleSchema>;
export type FallbackSpec = z.output<typeof fallbackSchema>;
export type RulesFile = z.output<typeof rulesFileSchema>;
export type ConditionsSpec = z.output<typeof conditions>;
