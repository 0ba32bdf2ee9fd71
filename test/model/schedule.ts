/** Random schedules: what can happen to a server, in any order. */
import fc from 'fast-check';
import type { Fate, HalfwayName } from '../support/simulated-cluster.ts';
import { check, checkEnd } from './checks.ts';
import type { Fault } from './machine/thread.ts';
import { offer } from './offering.ts';
import { hasSpooler, type Setup } from './setup.ts';
import { visibleState } from './visible-state.ts';
import { type Plant, World } from './world.ts';

/** One thing that happens; plain data, so that a schedule can be printed and made shorter. */
export type Action =
  | { readonly do: 'push'; readonly listener: number; readonly count: number; readonly bytes: number }
  | { readonly do: 'turn'; readonly thread: string; readonly tasks: number }
  | { readonly do: 'calm'; readonly rounds: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'setClock'; readonly ms: number }
  | { readonly do: 'broker'; readonly which: number; readonly fate: Fate | HalfwayName }
  | { readonly do: 'move'; readonly partition: number; readonly to: number }
  | { readonly do: 'down'; readonly down: boolean }
  | { readonly do: 'die'; readonly thread: string; readonly when: When }
  | { readonly do: 'overtake'; readonly thread: string; readonly when: When; readonly listener: number }
  | { readonly do: 'recover'; readonly thread: string }
  | { readonly do: 'crash' }
  | { readonly do: 'restartBrokers' }
  | { readonly do: 'drain'; readonly deadlineMs: number }
  | { readonly do: 'hurry' };

/** After so many steps of a thread, or just before so many changes of a state. */
interface When {
  readonly count: number;
  readonly of: 'steps' | 'swaps';
}

const LARGE = 100_000;
const TOO_LARGE = 300_000;

export interface Schedule {
  readonly setup: Setup;
  readonly actions: readonly Action[];
  /** How the brokers are while the drain at the end lasts. */
  readonly ending: { readonly down: boolean; readonly fate: Fate };
}

const always = fc.constant;
const upTo = (max: number): fc.Arbitrary<number> => fc.nat(max);
const fate = fc.oneof(
  { weight: 6, arbitrary: always<Fate>('answered') },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Fate | HalfwayName>(
      'answer_lost',
      'reset_after',
      'request_lost',
      'reset_before',
      'NOT_ENOUGH_REPLICAS',
      'KAFKA_STORAGE_ERROR',
      'MESSAGE_TOO_LARGE',
      'TOPIC_AUTHORIZATION_FAILED',
      'REQUEST_TIMED_OUT',
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    ),
  },
);

function actionOf(setup: Setup): fc.Arbitrary<Action> {
  const listener = upTo(setup.listeners - 1);
  const sinks = [...(setup.sink === 'kafka' ? ['shipper'] : []), ...(hasSpooler(setup) ? ['spooler'] : [])];
  const listeners = Array.from({ length: setup.listeners }, (_, index) => `listener ${index}`);
  const thread = fc.oneof(fc.constantFrom(...listeners), { weight: 3, arbitrary: fc.constantFrom(...sinks) });
  const when = fc.oneof(
    fc.record({ count: fc.oneof(upTo(20), upTo(400)), of: always<When['of']>('steps') }),
    fc.record({ count: upTo(3), of: always<When['of']>('swaps') }),
  );
  const some = <T extends Action>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });
  return fc.oneof(
    some(
      12,
      fc.record({
        do: always('push' as const),
        listener,
        count: fc.integer({ min: 1, max: 6 }),
        bytes: fc.oneof({ weight: 8, arbitrary: always(LARGE) }, always(40), always(TOO_LARGE)),
      }),
    ),
    some(24, fc.record({ do: always('turn' as const), thread, tasks: fc.integer({ min: 1, max: 8 }) })),
    some(
      8,
      fc.record({ do: always('pass' as const), ms: fc.constantFrom(1, 11, 60, 250, 1100, 2100, 9000) }),
    ),
    some(10, fc.record({ do: always('broker' as const), which: upTo(3), fate })),
    some(4, fc.record({ do: always('die' as const), thread, when })),
    some(
      4,
      fc.record({ do: always('overtake' as const), thread: fc.constantFrom(...sinks), when, listener }),
    ),
    some(4, fc.record({ do: always('recover' as const), thread })),
    some(
      2,
      fc.record({
        do: always('move' as const),
        partition: upTo(setup.partitions - 1),
        to: fc.oneof({ weight: 4, arbitrary: upTo(setup.brokers - 1) }, always(-1)),
      }),
    ),
    some(2, fc.record({ do: always('down' as const), down: fc.constantFrom(true, false, false) })),
    some(1, fc.record({ do: always('setClock' as const), ms: fc.constantFrom(-3_600_000, 86_400_000) })),
    some(1, fc.record({ do: always('drain' as const), deadlineMs: fc.constantFrom(0, 500, 10_000) })),
    some(1, fc.record({ do: always('hurry' as const) })),
    some(2, fc.record({ do: always('restartBrokers' as const) })),
    ...(hasSpooler(setup) ? [some(2, fc.record({ do: always('crash' as const) }))] : []),
  );
}

/** What a test tries: a sink, and what happens when the queue is full; `replay`: rows in the spool from before. */
export type Case =
  | 'kafka'
  | 'kafka, drop_oldest'
  | 'kafka, spool'
  | 'kafka, replay'
  | 'spool'
  | 'spool, drop_oldest';

const cases: Readonly<Record<Case, Partial<Setup>>> = {
  kafka: {},
  'kafka, drop_oldest': { overflow: 'drop_oldest' },
  'kafka, spool': { overflow: 'spool' },
  'kafka, replay': { inherited: 6 },
  spool: { sink: 'spool' },
  'spool, drop_oldest': { sink: 'spool', overflow: 'drop_oldest' },
};

/** Schedules that are tried of each case by default. */
export const RUNS: Readonly<Record<Case, number>> = {
  kafka: 250,
  'kafka, drop_oldest': 200,
  'kafka, spool': 100,
  'kafka, replay': 100,
  spool: 60,
  'spool, drop_oldest': 60,
};

/** Things that happen in one run, at most. */
const MAX_ACTIONS = 80;

const setupOf = (name: Case): fc.Arbitrary<Setup> =>
  fc
    .record({
      sink: always<Setup['sink']>('kafka'),
      overflow: always<Setup['overflow']>('drop_newest'),
      slabs: fc.integer({ min: 2, max: 6 }),
      listeners: fc.integer({ min: 1, max: 2 }),
      idempotence: fc.constantFrom<Setup['idempotence']>('auto', 'auto', 'off'),
      lanes: fc.constantFrom(1, 1, 2, 3),
      partitions: fc.integer({ min: 1, max: 3 }),
      brokers: fc.integer({ min: 1, max: 2 }),
      deliveryTimeoutMs: fc.constantFrom(3000, 60_000),
      spoolBytes: fc.constantFrom(250_000, 900_000, 2 ** 30),
      whenFull: fc.constantFrom<Setup['whenFull']>('drop_newest', 'drop_oldest'),
      inherited: always(0),
    })
    .map((setup) => ({ ...setup, ...cases[name] }));

export const scheduleOf = (name: Case): fc.Arbitrary<Schedule> =>
  setupOf(name).chain((setup) =>
    fc.record({
      setup: always(setup),
      actions: fc.array(actionOf(setup), { minLength: 15, maxLength: MAX_ACTIONS, size: 'max' }),
      ending: fc.record({
        down: fc.boolean(),
        fate: fc.constantFrom<Fate>('answered', 'answered', 'answer_lost'),
      }),
    }),
  );

/** @returns the world from then on */
async function perform(world: World, action: Action): Promise<World> {
  if (action.do === 'crash') return world.crash();
  await happen(world, action);
  return world;
}

async function happen(world: World, action: Exclude<Action, { do: 'crash' }>): Promise<void> {
  switch (action.do) {
    case 'push':
      return offer(world, action.listener, action.count, action.bytes);
    case 'turn':
      return world.turn(action.thread, action.tasks);
    case 'calm':
      return world.calm(action.rounds);
    case 'pass':
      return world.time.pass(action.ms);
    case 'setClock':
      world.time.wall += action.ms;
      return;
    case 'broker':
      return world.broker(action.which, action.fate);
    case 'move':
      world.cluster.leaders.set(action.partition, action.to);
      return;
    case 'down':
      world.cluster.down = action.down;
      return;
    case 'die':
      return world.arm(
        action.thread,
        at(action.when, () => world.kill(action.thread)),
      );
    case 'overtake':
      return world.arm(
        action.thread,
        at(action.when, () => offer(world, action.listener, 3, LARGE)),
      );
    case 'recover':
      return world.recover(action.thread);
    case 'restartBrokers':
      return world.cluster.restart();
    case 'drain':
      return world.beginDrain(action.deadlineMs);
    case 'hurry':
      return world.hurry();
  }
}

function at({ count, of }: When, act: () => void): Fault {
  let left = count;
  return { isDue: (step) => (of === 'steps' || step === 'swap') && left-- <= 0, act };
}

/**
 * Runs a schedule, and drains at its end.
 * @returns how many steps its threads took, and how many of them died on the way
 * @throws Error with all that did not hold
 */
export async function runSchedule(
  schedule: Schedule,
  plant: Plant = {},
): Promise<{ steps: number; deaths: number }> {
  let world = await World.start(schedule.setup, plant);
  let [steps, deaths] = [0, 0];
  try {
    for (const action of schedule.actions) {
      const before = world;
      world = await perform(world, action);
      if (world !== before) [steps, deaths] = [steps + before.steps, deaths + before.deaths];
      if (process.env.MODEL_TRACE) console.log(`${JSON.stringify(action)}\n${visibleState(world)}`);
      check(world);
    }
    deaths += world.deaths;
    await end(world, schedule.ending);
    checkEnd(world);
    return { steps: steps + world.steps, deaths };
  } finally {
    await world.close();
  }
}

/** Lets the server drain to its last line, whatever state it is in. */
async function end(world: World, { down, fate: brokers }: Schedule['ending']): Promise<void> {
  world.cluster.down = down;
  for (const [partition, leader] of world.cluster.leaders) {
    if (leader < 0) world.cluster.leaders.set(partition, 0);
  }
  await world.beginDrain(10_000);
  for (let round = 0; world.report === undefined; round++) {
    if (round > 20_000) throw new Error('the drain does not end');
    for (const name of world.lives.keys()) await world.recover(name);
    const [task] = world.time.due();
    if (task !== undefined) {
      await world.turn(task.thread.name);
      if (process.env.MODEL_TRACE) console.log(`${task.thread.name}\n${visibleState(world)}`);
      check(world);
    } else if (world.cluster.waiting.length > 0) await world.broker(0, brokers);
    else world.time.pass(Math.max(1, world.time.next - world.time.now));
  }
}
