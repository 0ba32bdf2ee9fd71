/** From a rules file to the rules as they are applied: checked as a whole, with templates read and defaults filled in. */
import type { Config } from '../../config.ts';
import type { SigningKeys } from './dynamic-target.ts';
import type { Mistake, Place } from './rule-file.ts';
import { captureNames, REST } from './rule-index.ts';
import type { FallbackSpec, RuleSpec, RulesFile } from './rule-schema.ts';
import type { Choice, Fallback, Rule, RuleAction, RuleSet } from './rule-set.ts';
import { parseTemplate } from './target-template.ts';

type Defaults = Pick<Config, 'status' | 'cacheControl' | 'target' | 'topic' | 'proxy.countryHeader'>;

const USUAL_METHODS = ['GET', 'HEAD'];
/** Statuses that may answer other methods (RFC 9110, 15.4): those that say with which method to go on. */
const ANY_METHOD_STATUSES = [303, 307, 308];
const ACTION_KEYS = ['target', 'targets', 'dynamic', 'action', 'text'] as const;
const KINDS = ['path', 'prefix', 'pattern'] as const;

/** The one target that the options name. */
function targetRule({ target, status, cacheControl }: Defaults): Rule | undefined {
  if (target === undefined) return undefined;
  const action = {
    kind: 'redirect',
    choices: [{ template: [target], upTo: 1 }],
    status,
    cacheControl,
    pass: undefined,
  } as const;
  return { ...EVERYTHING, route: '/*', action };
}

const EVERYTHING = {
  name: undefined,
  hosts: [],
  kind: 'prefix',
  path: '/',
  methods: USUAL_METHODS,
  when: undefined,
  notBefore: Number.NEGATIVE_INFINITY,
  expires: Number.POSITIVE_INFINITY,
  topic: undefined,
} as const;

/** The rules without a file: the target for everything. */
export const rulesWithoutFile = (defaults: Defaults): RuleSet => ({
  keys: new Map(),
  rules: [],
  fallbacks: [{ hosts: [], rule: targetRule(defaults), isRecorded: true, topic: undefined }],
  topics: [],
});

/** Makes the rules of a file, or tells every mistake in it. */
export function compileRules(
  file: RulesFile,
  defaults: Defaults,
  keys: SigningKeys,
): { readonly set: RuleSet; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const compiler = new Compiler(defaults, keys, mistakes);
  const rules = file.rules.map((spec, index) => compiler.rule(spec, ['rules', index]));
  const fallbacks = (file.fallbacks ?? []).map((spec, index) =>
    compiler.fallback(spec, ['fallbacks', index]),
  );
  const everyHost = fallbacks.some(({ hosts }) => hosts.length === 0);
  if (!everyHost) fallbacks.push(...rulesWithoutFile(defaults).fallbacks);
  if (rules.length === 0 && fallbacks.every(({ rule }) => rule === undefined)) {
    mistakes.push({ place: ['rules'], reason: 'there is no rule, no fallback and no target' });
  }
  const topics = new Set([...file.rules, ...(file.fallbacks ?? [])].map(({ topic }) => topic));
  topics.delete(undefined);
  topics.delete(defaults.topic);
  return {
    set: {
      keys,
      rules: rules.filter((rule) => rule !== undefined),
      fallbacks,
      topics: [...topics] as string[],
    },
    mistakes,
  };
}

/** Who may GET may HEAD. */
function methodsOf({ when }: RuleSpec): readonly string[] {
  const named = when?.method ?? USUAL_METHODS;
  return named.includes('GET') && !named.includes('HEAD') ? [...named, 'HEAD'] : named;
}

class Compiler {
  readonly #defaults: Defaults;
  readonly #keys: SigningKeys;
  readonly #mistakes: Mistake[];

  constructor(defaults: Defaults, keys: SigningKeys, mistakes: Mistake[]) {
    this.#defaults = defaults;
    this.#keys = keys;
    this.#mistakes = mistakes;
  }

  #wrong(place: Place, reason: string): undefined {
    this.#mistakes.push({ place, reason });
    return undefined;
  }

  rule(spec: RuleSpec, place: Place): Rule | undefined {
    const given = KINDS.filter((kind) => spec[kind] !== undefined);
    const [kind] = given;
    if (kind === undefined || given.length > 1) {
      return this.#wrong(
        place,
        `a rule has ${given.length === 0 ? 'none' : 'more than one'} of path, prefix and pattern`,
      );
    }
    const path = spec[kind]!;
    const captures = captureNames(kind, path);
    if (kind === 'pattern') this.#checkPattern(path, captures, [...place, kind]);
    const action = this.#action(spec, captures, place);
    this.#checkWhen(spec, action, [...place, 'when']);
    const notBefore = spec.notBefore === undefined ? EVERYTHING.notBefore : Date.parse(spec.notBefore);
    const expires = spec.expires === undefined ? EVERYTHING.expires : Date.parse(spec.expires);
    if (notBefore >= expires) this.#wrong([...place, 'expires'], 'expires is not after notBefore');
    return {
      name: spec.name ?? path,
      route: kind === 'prefix' ? `${path.replace(/\/$/, '')}/*` : path,
      hosts: spec.host ?? [],
      kind,
      path,
      methods: methodsOf(spec),
      when: spec.when,
      notBefore,
      expires,
      action: action ?? { kind: 'gone' },
      topic: spec.topic,
    };
  }

  fallback({ host = [], target, record = true, topic }: FallbackSpec, place: Place): Fallback {
    const action =
      target === undefined
        ? undefined
        : this.#redirect([{ target, weight: 1 }], {}, [REST], [...place, 'target']);
    const rule = action === undefined ? undefined : { ...EVERYTHING, route: '/*', action, topic };
    return { hosts: host, rule, isRecorded: record, topic };
  }

  #action(spec: RuleSpec, captures: readonly string[], place: Place): RuleAction | undefined {
    const given = ACTION_KEYS.filter((key) => spec[key] !== undefined);
    const [key] = given;
    if (key === undefined || given.length > 1) {
      return this.#wrong(
        place,
        `a rule has ${given.length === 0 ? 'none' : 'more than one'} of ${ACTION_KEYS.join(', ')}`,
      );
    }
    if (key === 'action' || key === 'text') {
      for (const unused of ['status', 'cacheControl', 'query'] as const) {
        if (spec[unused] !== undefined)
          this.#wrong([...place, unused], `${unused} is for redirects, not for ${key}`);
      }
      return spec.text === undefined ? { kind: spec.action! } : { kind: 'text', text: spec.text };
    }
    if (spec.dynamic !== undefined) return this.#dynamic(spec.dynamic, spec, [...place, key]);
    const targets = spec.targets ?? [{ target: spec.target!, weight: 1 }];
    return this.#redirect(targets, spec, captures, [...place, key]);
  }

  #dynamic(
    { signed, ...spec }: NonNullable<RuleSpec['dynamic']>,
    { status, cacheControl, query }: RuleSpec,
    place: Place,
  ): RuleAction {
    if (spec.hosts.length === 0 && !signed) this.#wrong(place, 'dynamic needs hosts, or signed: true');
    if (signed && this.#keys.size === 0)
      this.#wrong([...place, 'signed'], 'signed needs the option signing.keys');
    if (query !== undefined)
      this.#wrong(place.slice(0, -1), 'query is not for dynamic targets, which come as a whole');
    return {
      kind: 'dynamic',
      spec: { ...spec, isSigned: signed },
      status: status ?? this.#defaults.status,
      cacheControl: cacheControl ?? this.#defaults.cacheControl,
    };
  }

  #redirect(
    targets: readonly { readonly target: string; readonly weight: number }[],
    { status, cacheControl, query = 'none' }: Pick<RuleSpec, 'status' | 'cacheControl' | 'query'>,
    captures: readonly string[],
    place: Place,
  ): RuleAction {
    const sum = targets.reduce((total, { weight }) => total + weight, 0);
    let below = 0;
    const choices = targets.map(({ target, weight }, index): Choice => {
      const template = parseTemplate(target, captures);
      const here = targets.length === 1 ? place : [...place, index, 'target'];
      if (typeof template === 'string') this.#wrong(here, `target "${target}" ${template}`);
      below += weight;
      return { template: typeof template === 'string' ? [] : template, upTo: below / sum };
    });
    return {
      kind: 'redirect',
      choices,
      status: status ?? this.#defaults.status,
      cacheControl: cacheControl ?? this.#defaults.cacheControl,
      pass: query === 'none' ? undefined : query,
    };
  }

  #checkPattern(path: string, captures: readonly string[], place: Place): void {
    const segments = path.slice(1).split('/');
    const misplaced = segments.slice(0, -1).find((segment) => segment.startsWith('*'));
    if (misplaced !== undefined)
      this.#wrong(place, `"${misplaced}" takes the rest of the path, so it must be the last segment`);
    const odd = captures.find((name) => !/^[A-Za-z_]\w*$/.test(name));
    if (odd !== undefined)
      this.#wrong(place, `"${odd}" cannot be the name of a capture: letters, digits and _ can`);
    const twice = captures.find((name, index) => captures.indexOf(name) < index);
    if (twice !== undefined) this.#wrong(place, `"${twice}" is captured twice`);
  }

  #checkWhen({ when }: RuleSpec, action: RuleAction | undefined, place: Place): void {
    if (when?.country !== undefined && this.#defaults['proxy.countryHeader'] === undefined) {
      this.#wrong([...place, 'country'], 'country needs the options proxy.trusted and proxy.countryHeader');
    }
    const other = when?.method?.find((method) => !USUAL_METHODS.includes(method));
    if (other === undefined || (action?.kind !== 'redirect' && action?.kind !== 'dynamic')) return;
    if (!ANY_METHOD_STATUSES.includes(action.status)) {
      this.#wrong(
        [...place, 'method'],
        `${other} needs status ${ANY_METHOD_STATUSES.join(', ')}, not ${action.status}`,
      );
    }
  }
}
