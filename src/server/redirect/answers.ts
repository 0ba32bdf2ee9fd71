/** The answers that the handler gives: what stands in the head, and what the record says of it. */
import type { IncomingHttpHeaders } from 'node:http';
import { bareAddress } from '../../hosts.ts';
import type { AnswerStatus } from '../../http-statuses.ts';
import { STATUS_CODES } from '../../node-http.ts';
import { ruleFields } from '../queue/access-record.ts';
import { clickId } from './click-id.ts';
import { dynamicTarget, type SigningKeys } from './dynamic-target.ts';
import { REDACTED, type Redaction } from './privacy.ts';
import { passQuery } from './query-pass.ts';
import type { RuleRequest } from './rule-conditions.ts';
import type { RuleFinder } from './rule-finder.ts';
import { type Captures, REST } from './rule-index.ts';
import type { Rule, RuleAction } from './rule-set.ts';
import { fillTemplate, isLiteral, type TargetTemplate } from './target-template.ts';

export interface Answer {
  readonly status: AnswerStatus;
  /** Names and values in turn, as ServerResponse.writeHead takes them at the least cost. */
  readonly headers: string[];
  /** Status line and headers as text, each line with its end; empty where a value cannot stand in a header. */
  readonly head: string;
  readonly body: string;
  readonly ruleJson: string;
  /** The rule's name. */
  readonly rule: string | undefined;
  /** Of the record; undefined: the one that the options name. */
  readonly topic: string | undefined;
  /** The one in the target, if it has one. */
  readonly clickId: string | undefined;
  readonly route: string | undefined;
  readonly isRecorded: boolean;
}

/** What an answer depends on. */
export interface Asked {
  readonly method: string;
  /** As sent: a path with or without a query, or a URL in absolute form. */
  readonly requestTarget: string;
  readonly headers: IncomingHttpHeaders;
  /** The client's address, with its port where that is known; IPv6 in brackets. */
  readonly client: string;
  /** The client's, as a trusted proxy tells it. */
  readonly country: string | undefined;
}

export type Answerer = (asked: Asked) => Answer;

/** What an answer depends on beside the request and the rules. */
export interface Chance {
  /** Wall-clock ms. */
  readonly now: () => number;
  /** From 0, below 1: which of several targets it is. */
  readonly draw: () => number;
  readonly clickId: () => string;
}

export interface AnswerOptions {
  readonly maxUrlBytes: number;
  readonly redaction: Redaction | undefined;
}

const realChance: Chance = { now: Date.now, draw: Math.random, clickId };

const NOTHING_TOLD: Pick<Answer, 'ruleJson' | 'rule' | 'topic' | 'clickId' | 'route' | 'isRecorded'> = {
  ruleJson: '',
  rule: undefined,
  topic: undefined,
  clickId: undefined,
  route: undefined,
  isRecorded: true,
};

/** What the record of a rule's answer tells. */
const toldOf = ({ name, route, topic }: Rule, location?: string, id?: string) => ({
  ruleJson: ruleFields(name, location),
  rule: name,
  topic,
  clickId: id,
  route,
});

function answer(
  status: AnswerStatus,
  fields: readonly string[],
  body: string,
  told: Partial<typeof NOTHING_TOLD> = {},
): Answer {
  // 204 has no content, and so no length of it (RFC 9110, 8.6).
  const headers =
    status === 204 ? [...fields] : [...fields, 'Content-Length', String(Buffer.byteLength(body))];
  if (body !== '') headers.push('Content-Type', 'text/plain; charset=utf-8');
  const head = headText(status, headers);
  return { status, headers, head, body, ...NOTHING_TOLD, ...told };
}

/** What may stand in a header's value (RFC 9110, 5.5). */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function headText(status: AnswerStatus, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (let at = 0; at < headers.length; at += 2) {
    if (!FIELD_VALUE.test(headers[at + 1]!)) return '';
    text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  }
  return text;
}

const uncached = ['Cache-Control', 'no-store'];
const tooLong = answer(414, uncached, 'URI Too Long\n');
const notFound = answer(404, uncached, 'Not Found\n');
const notFoundUnrecorded = answer(404, uncached, 'Not Found\n', { isRecorded: false });
/** Any method but those allowed is 405 with Allow (RFC 9110, 15.5.6). */
const wrongMethod = (others: readonly string[]): Answer =>
  answer(405, ['Allow', ['GET', 'HEAD', ...others].join(', ')], 'Method Not Allowed\n');

/**
 * Answers by the rules that a finder has. What is the same for every request is made once.
 * @param options.maxUrlBytes longest request target that is looked at
 * @param options.redaction of what records tell; undefined: none
 */
export function answererOf(
  finder: RuleFinder,
  { maxUrlBytes, redaction }: AnswerOptions,
  chance: Chance = realChance,
): Answerer {
  const ofFallbacks = new Map<Rule, Answer>();
  /** By the place of their entry. */
  const ofEntries = new Array<Answer | undefined>(finder.size).fill(undefined);

  /** The answer that a rule gives to every request; undefined where it depends on the request. */
  const constantAnswer = (rule: Rule, isRecorded: boolean): Answer | undefined => {
    const { action } = rule;
    if (action.kind === 'dynamic') return undefined;
    if (action.kind !== 'redirect') return { ...plain(rule), isRecorded };
    const [choice, ...others] = action.choices;
    if (others.length > 0 || action.pass !== undefined || !isLiteral(choice!.template)) return undefined;
    const target = choice!.template[0]!;
    return { ...redirect(rule, action, target, redaction?.url(target) ?? target), isRecorded };
  };

  const filledAnswer = (rule: Rule, captures: Captures, asked: Parsed, isRecorded: boolean): Answer => {
    const { action } = rule;
    if (action.kind === 'dynamic')
      return dynamic(rule, action, finder.keys, asked.query, chance.now(), redaction);
    if (action.kind !== 'redirect') throw new Error(`a rule of kind ${action.kind} has nothing to fill in`);
    const template = choose(action, chance);
    let id: string | undefined;
    const values = {
      ...asked,
      captures,
      clickId: () => {
        id ??= chance.clickId();
        return id;
      },
    };
    const targetFor = (query: string): string => {
      const filled = fillTemplate(template, { ...values, query });
      return action.pass === undefined ? filled : passQuery(filled, query, action.pass);
    };
    const target = targetFor(asked.query);
    const told = redaction === undefined ? target : redaction.url(targetFor(redaction.query(asked.query)));
    return { ...redirect(rule, action, target, told, id), isRecorded };
  };

  return ({ method, requestTarget, headers, client, country }) => {
    if (requestTarget.length > maxUrlBytes) return tooLong;
    const asked = parseTarget(requestTarget);
    const request = new AskedRequest(method, asked.query, headers, client, country);
    const host = asked.host ?? headers.host;
    const found = finder.find(host, asked.path, request, chance.now());
    if (found !== undefined) {
      const { rule, place } = found.entry;
      ofEntries[place] ??= constantAnswer(rule, true);
      return ofEntries[place] ?? filledAnswer(rule, found.captures, asked, true);
    }
    if (method !== 'GET' && method !== 'HEAD') return wrongMethod(finder.otherMethods(host, asked.path));
    const { rule, isRecorded, topic } = finder.fallback(host);
    if (rule === undefined) {
      if (!isRecorded) return notFoundUnrecorded;
      return topic === undefined ? notFound : { ...notFound, topic };
    }
    let known = ofFallbacks.get(rule);
    if (known === undefined) {
      known = constantAnswer(rule, isRecorded);
      if (known === undefined)
        return filledAnswer(rule, new Map([[REST, asked.path.slice(1)]]), asked, isRecorded);
      ofFallbacks.set(rule, known);
    }
    return known;
  };
}

/** A request as rules see it. Few of them ask for the address, so it is taken out only then. */
class AskedRequest implements RuleRequest {
  readonly method: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly country: string | undefined;
  readonly #client: string;

  constructor(
    method: string,
    query: string,
    headers: IncomingHttpHeaders,
    client: string,
    country: string | undefined,
  ) {
    this.method = method;
    this.query = query;
    this.headers = headers;
    this.country = country;
    this.#client = client;
  }

  get address(): string {
    return bareAddress(this.#client);
  }
}

type Redirecting = Extract<RuleAction, { kind: 'redirect' }>;
type Dynamic = Extract<RuleAction, { kind: 'dynamic' }>;

function choose({ choices }: Redirecting, chance: Chance): TargetTemplate {
  if (choices.length === 1) return choices[0]!.template;
  const draw = chance.draw();
  return choices.find(({ upTo }) => draw < upTo)!.template;
}

/**
 * @param told the target as it is recorded
 * @param id of the click, where it is in the target
 */
function redirect(
  rule: Rule,
  { status, cacheControl }: Redirecting | Dynamic,
  target: string,
  told: string,
  id?: string,
): Answer {
  const caching = cacheControl === '' ? [] : ['Cache-Control', cacheControl];
  return answer(status, ['Location', target, ...caching], '', toldOf(rule, told, id));
}

/** A target that the request names. What is refused gets a plain page: the target stands nowhere in the answer. */
function dynamic(
  rule: Rule,
  action: Dynamic,
  keys: SigningKeys,
  query: string,
  now: number,
  redaction: Redaction | undefined,
): Answer {
  const found = dynamicTarget(action.spec, keys, query, now);
  if (found.kind === 'target') {
    const { target } = found;
    const told = redaction?.hides(action.spec.parameter) === true ? REDACTED : redaction?.url(target);
    return redirect(rule, action, target, told ?? target);
  }
  const body = found.status === 400 ? 'Bad Request\n' : 'Forbidden\n';
  return answer(found.status, uncached, body, toldOf(rule));
}

/** What is no redirect: the same for every request. */
function plain(rule: Rule): Answer {
  const { action } = rule;
  const told = toldOf(rule);
  if (action.kind === 'text') return answer(200, [], action.text, told);
  if (action.kind === 'no_content') return answer(204, [], '', told);
  return action.kind === 'gone'
    ? answer(410, uncached, 'Gone\n', told)
    : answer(403, uncached, 'Forbidden\n', told);
}

/** A request target in parts, as sent. */
interface Parsed {
  /** Of a target in absolute form, which wins over the Host header (RFC 9112, 3.2.2). */
  readonly host: string | undefined;
  readonly path: string;
  /** Without its question mark; empty where there is none. */
  readonly query: string;
}

const SLASH = 0x2f;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)(.*)$/is;

function parseTarget(requestTarget: string): Parsed {
  const mark = requestTarget.indexOf('?');
  const path = mark === -1 ? requestTarget : requestTarget.slice(0, mark);
  const query = mark === -1 ? '' : requestTarget.slice(mark + 1);
  if (path.charCodeAt(0) === SLASH) return { host: undefined, path, query };
  const [, host, rest] = ABSOLUTE.exec(path) ?? [];
  return { host, path: host === undefined ? path : rest || '/', query };
}
