/** Reads PromQL with Prometheus's own grammar: which series an expression asks for, and how. */
import { parser } from '@prometheus-io/lezer-promql';

type Node = ReturnType<typeof parser.parse>['topNode'];

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** One place in an expression where series are asked for. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  /** The function that gets it as a range (`rate` of `rate(x[5m])`); undefined where it is taken as it stands. */
  readonly rangeFunction: string | undefined;
}

export interface Expression {
  readonly selectors: readonly Selector[];
  /** Labels in `by`, `without`, `on`, `ignoring` and the `group_` modifiers. */
  readonly groupedBy: readonly string[];
}

/** Throws for what Prometheus's grammar does not take. Grafana's variables must have been filled in. */
export function parsePromql(text: string): Expression {
  const selectors: Selector[] = [];
  const groupedBy: string[] = [];
  const textOf = (node: Node) => text.slice(node.from, node.to);
  parser.parse(text).iterate({
    enter({ type, node }) {
      if (type.isError) throw new Error(`not PromQL at character ${node.from}: ${text}`);
      if (type.name === 'VectorSelector') selectors.push(selectorOf(node, textOf));
      if (type.name === 'GroupingLabels') groupedBy.push(...node.getChildren('LabelName').map(textOf));
    },
  });
  return { selectors, groupedBy };
}

function selectorOf(node: Node, textOf: (node: Node) => string): Selector {
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
  const range = node.parent?.name === 'MatrixSelector' ? node.parent : undefined;
  // A function's arguments are in a body of their own: MatrixSelector < FunctionCallBody < FunctionCall.
  const call = range?.parent?.parent?.getChild('FunctionIdentifier');
  return {
    metric: textOf(node.getChild('Identifier')!),
    matchers: matchers.map((matcher) => ({
      label: textOf(matcher.getChild('LabelName')!),
      operator: textOf(matcher.getChild('MatchOp')!) as Matcher['operator'],
      value: textOf(matcher.getChild('StringLiteral')!).slice(1, -1),
    })),
    rangeFunction: call ? textOf(call) : undefined,
  };
}
