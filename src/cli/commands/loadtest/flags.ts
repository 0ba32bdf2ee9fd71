/** The flags of `redirector loadtest`. */
import { defaults, requestPath, runSeconds, statuses } from '../../../../loadtest/settings.ts';
import { boolean, duration, httpUrl, integer, nonEmptyText, oneOf, ratio } from '../../../option-types.ts';
import { ownOption } from '../../command.ts';

const highestRate = 200_000;

/** A flag that is given or not. */
const switchFlag = (help: string) =>
  ownOption({ type: boolean, default: false, help, accepts: ['true'], refuses: ['2'] });

export const loadtestFlags = {
  rps: ownOption({
    type: integer(1, highestRate),
    defaultText: `${defaults.rps}`,
    help: 'Requests a second; with --find-max the rate to begin with (1000).',
    accepts: ['1', '15000', '200000'],
    refuses: ['0', '200001', '1.5', 'fast'],
  }),
  arrivals: ownOption({
    type: oneOf('even', 'poisson'),
    defaultText: 'even',
    help: 'When requests are sent: evenly spread, or at random as by many independent clients.',
    accepts: ['even', 'poisson'],
    refuses: ['burst'],
  }),
  seed: ownOption({
    type: integer(0, 2 ** 31 - 1),
    defaultText: `${defaults.seed}`,
    help: 'Of random arrivals and of the choice among --requests: the same seed sends the same.',
    accepts: ['0', '42'],
    refuses: ['-1', 'abc'],
  }),
  duration: ownOption({
    type: runSeconds,
    defaultText: `${defaults.seconds}`,
    help: 'How long requests are sent. With --case, to how long it is shortened or stretched.',
    accepts: ['30', '30s', '1m', '500ms', '0.5'],
    refuses: ['0', '-1', '2d', 'long', '5 potatoes'],
  }),
  count: ownOption({
    type: integer(1, 1e9),
    help: 'How many requests are sent, instead of --duration.',
    accepts: ['1', '100000'],
    refuses: ['0', 'many'],
  }),
  warmup: ownOption({
    type: runSeconds,
    defaultText: '0, with --find-max 1',
    help: 'Load before the run whose latencies are not counted; its records are.',
    accepts: ['2s', '5'],
    refuses: ['0', 'warm'],
  }),
  connections: ownOption({
    type: integer(1, 10_000),
    defaultText: `${defaults.connections}`,
    help: 'Connections, kept alive; no more than requests a second are opened.',
    accepts: ['1', '64'],
    refuses: ['0', '10001'],
  }),
  max: switchFlag(
    'As fast as it goes, instead of --rps: each connection sends again as soon as it is answered.',
  ),
  findMax: switchFlag('Looks for the highest rate that keeps the p99 of --p99, in steps.'),
  p99: ownOption({
    type: duration,
    defaultText: `${defaults.search.p99Ms}ms`,
    help: 'The p99 that --find-max must keep.',
    accepts: ['5ms', '1s'],
    refuses: ['5'],
  }),
  step: ownOption({
    type: runSeconds,
    defaultText: `${defaults.search.stepSeconds}`,
    help: 'How long each step of --find-max is.',
    accepts: ['5s', '10'],
    refuses: ['0'],
  }),
  maxP99: ownOption({
    type: duration,
    help: 'Fails when the p99 of the latency is above it.',
    accepts: ['5ms'],
    refuses: ['5'],
  }),
  maxDrop: ownOption({
    type: ratio,
    defaultText: '0',
    help: 'The share of the records that may be dropped, from 0 to 1.',
    accepts: ['0', '0.001'],
    refuses: ['5', '1%'],
  }),
  minRps: ownOption({
    type: integer(1, highestRate),
    defaultText: '99 % of --rps',
    help: 'Fails when fewer answers a second are reached.',
    accepts: ['14900'],
    refuses: ['0', 'all'],
  }),
  url: ownOption({
    type: httpUrl,
    help: 'The server to test, with the path to request; without it the load test starts one.',
    accepts: ['http://localhost:8080/', 'https://redirector.example.com/a?b=c'],
    refuses: ['localhost:8080'],
  }),
  adminUrl: ownOption({
    type: httpUrl,
    help: 'The admin API of the server at --url; without it only the answers are judged.',
    accepts: ['http://localhost:8081'],
    refuses: ['localhost:8081'],
  }),
  yes: switchFlag('The server at --url is not on this machine, and may be tested.'),
  path: ownOption({
    type: requestPath,
    defaultText: '/',
    help: 'What to request of a server that the load test starts.',
    accepts: ['/', '/promo?x=1'],
    refuses: ['promo', '/two words'],
  }),
  requests: ownOption({
    type: nonEmptyText,
    help: 'A file of what to request: on each line a path, or JSON with path, weight, userAgent, headers.',
    accepts: ['requests.txt'],
    refuses: [''],
  }),
  trace: switchFlag(
    'Each request carries a sampled trace of its own (traceparent), as from a caller who traces everything.',
  ),
  expect: ownOption({
    type: statuses,
    default: [[300, 399]] as readonly (readonly [number, number])[],
    defaultText: '3xx',
    help: 'Statuses that are right; any other answer counts as failed.',
    accepts: ['3xx', '301', '301,302', '2xx,404'],
    refuses: ['moved', '99', '6xx', '301;302'],
  }),
  answerTimeout: ownOption({
    type: duration,
    default: 10_000,
    help: 'How long after it was due a request may be without its answer.',
    accepts: ['10s', '500ms'],
    refuses: ['10'],
  }),
  quietTimeout: ownOption({
    type: duration,
    default: 60_000,
    help: 'How long after the last answer the queue of the server may take to become empty.',
    accepts: ['60s'],
    refuses: ['60'],
  }),
  case: ownOption({
    type: nonEmptyText,
    help: 'Runs a case: one that comes with Redirector by its name, or one of your own by its file.',
    accepts: ['steady-15k', './my-case.yaml'],
    refuses: [''],
  }),
  cases: switchFlag('Lists the cases that come with Redirector.'),
  report: ownOption({
    type: nonEmptyText,
    help: 'Also writes the report as a page for browsers, in one file.',
    accepts: ['report.html'],
    refuses: [''],
  }),
};
