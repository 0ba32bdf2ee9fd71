/** The sentences that the documents of races are made of, and what each does to the model. */
import type { Fault } from './machine/thread.ts';
import { offer } from './offering.ts';
import { plainSetup, type Setup } from './setup.ts';
import type { World } from './world.ts';

/** Of such records two fill a slab. */
const RECORD_BYTES = 100_000;
const TOO_LARGE_BYTES = 300_000;
/** Tasks that a thread does at most when it "goes on": more than it ever finds. */
const MANY = 50;

type Run = (world: World, words: readonly string[]) => void | Promise<void>;

const numbers: Readonly<Record<string, keyof Setup>> = {
  slab: 'slabs',
  listener: 'listeners',
  partition: 'partitions',
  broker: 'brokers',
  'row in the spool': 'inherited',
};

/** Reads "2 slabs, sink kafka, 2 brokers"; what is not said is as in plainSetup. */
export function setupOf(text: string): Setup {
  const setup: Record<string, unknown> = { ...plainSetup };
  for (const part of text.split(', ')) {
    const [, count, what] = /^(\d+) (.+)$/.exec(part) ?? [];
    const field = numbers[what?.replace(/^(\w+?)s\b/, '$1') ?? ''];
    const [, name, value] = /^(sink|overflow|idempotence) (\w+)$/.exec(part) ?? [];
    const [, seconds] = /^delivery time-out (\d+) s$/.exec(part) ?? [];
    const [, bytes] = /^a spool of (\d+) bytes$/.exec(part) ?? [];
    if (field !== undefined) setup[field] = Number(count);
    else if (name !== undefined) setup[name] = value;
    else if (seconds !== undefined) setup.deliveryTimeoutMs = Number(seconds) * 1000;
    else if (bytes !== undefined) setup.spoolBytes = Number(bytes);
    else throw new Error(`the setup has "${part}", which is not known`);
  }
  return setup as unknown as Setup;
}

/** What a thread does, as documents say it, and the step of the machine that it is. */
const doings: Readonly<Record<string, RegExp>> = {
  'writes the record': /^store$/,
  'seals the slab': /^pool\.seal$/,
  'counts the seal': /^ledger\.sealed$/,
  'takes the slab': /^swap$/,
  'sends the first byte': /^transport\.produce$/,
  'takes back the slab': /^pool\.takeBack$/,
  'counts the eviction': /^ledger\.dropped\.evicted$/,
  'gives back the slab': /^pool\.giveBack$/,
  'hands over the slab': /^pool\.handTo$/,
  'says that the slab is settling': /^pool\.beginSettling$/,
  'counts the records': /^ledger\.(delivered|spooled|dropped\..*)$/,
  'frees the slab': /^pool\.free$/,
  'tells that it is free': /^pool\.tellFree$/,
  'commits to the spool': /^spool\.transaction$/,
};

function stepNamed(when: string, doing: string): (step: string) => boolean {
  const pattern = doings[doing];
  if (pattern === undefined) throw new Error(`"${doing}" is nothing that a thread can do`);
  const suffix = when === 'after' ? ' done' : '';
  return (step) =>
    (suffix === '' || step.endsWith(suffix)) && pattern.test(step.slice(0, step.length - suffix.length));
}

const broker =
  (fate: Parameters<World['broker']>[1]): Run =>
  (world) =>
    world.broker(0, fate);

const sentences: readonly (readonly [RegExp, Run])[] = [
  [
    /^Listener (\d+) is offered (\d+) records?$/,
    (world, [listener, count]) => offer(world, Number(listener), Number(count), RECORD_BYTES),
  ],
  [
    /^Listener (\d+) is offered a record that is too large$/,
    (world, [listener]) => offer(world, Number(listener), 1, TOO_LARGE_BYTES),
  ],
  [
    /^The linger of listener (\d+) is over$/,
    async (world, [listener]) => {
      world.time.pass(11);
      await world.turn(`listener ${listener}`, 1);
    },
  ],
  [/^The (shipper|spooler|supervisor) goes on$/, (world, [who]) => world.turn(who!, MANY)],
  [/^The (shipper|spooler) does one thing$/, (world, [who]) => world.turn(who!, 1)],
  [
    /^The (shipper|spooler) takes the oldest slab$/,
    (world, [who]) => {
      const { thread } = world.lives.get(who!)!;
      thread.run(() => world.pool.takeSealed(thread.owner));
    },
  ],
  [/^The (shipper|spooler) dies$/, (world, [who]) => world.kill(who!)],
  [/^Listener (\d+) dies$/, (world, [listener]) => world.kill(`listener ${listener}`)],
  [
    /^The supervisor replaces the (shipper|spooler)$/,
    async (world, [who]) => {
      await world.recover(who!);
      await world.turn(who!, 1);
    },
  ],
  [
    /^The supervisor replaces listener (\d+)$/,
    async (world, [listener]) => {
      await world.recover(`listener ${listener}`);
      await world.turn(`listener ${listener}`, 1);
    },
  ],
  [/^The broker appends the batch and answers$/, broker('answered')],
  [/^The broker appends the batch, and its answer is lost$/, broker('answer_lost')],
  [/^The broker appends the batch, and the connection breaks$/, broker('reset_after')],
  [/^The connection breaks before the broker has the batch$/, broker('reset_before')],
  [/^The broker answers ([A-Z_]+)$/, (world, [error]) => broker(error as 'MESSAGE_TOO_LARGE')(world, [])],
  [
    /^The broker works on what it has, (\d+) requests?$/,
    async (world, [count]) => {
      for (let left = Number(count); left > 0; left--) await world.broker(0, 'answered');
    },
  ],
  [/^(\d+) ms pass$/, (world, [ms]) => world.time.pass(Number(ms))],
  [
    /^The leader of partition (\d+) moves to broker (\d+)$/,
    (world, [partition, to]) => void world.cluster.leaders.set(Number(partition), Number(to)),
  ],
  [
    /^Partition (\d+) loses its leader$/,
    (world, [partition]) => void world.cluster.leaders.set(Number(partition), -1),
  ],
  [/^No broker can be reached$/, (world) => setDown(world, true)],
  [/^Brokers can be reached again$/, (world) => setDown(world, false)],
  [/^All goes well for (\d+) rounds?$/, (world, [rounds]) => world.calm(Number(rounds))],
  [/^The server is told to end within (\d+) ms$/, (world, [ms]) => world.beginDrain(Number(ms))],
  [/^A second signal comes$/, (world) => world.hurry()],
];

function setDown(world: World, down: boolean): void {
  world.cluster.down = down;
}

/** Does what a sentence says. */
export async function perform(world: World, sentence: string): Promise<void> {
  const [, main, dies, overtaken] =
    /^(.+?)(?:, and (dies (?:before|after) it .+))?(?:\. (Just before it .+))?\.$/.exec(sentence) ?? [];
  if (main === undefined) throw new Error('a step is a sentence and ends with a full stop');
  const mortal = dies === undefined ? undefined : armDeath(world, main, dies);
  if (overtaken !== undefined) armOvertaking(world, main, overtaken);
  await run(world, main);
  if (mortal !== undefined && !world.lives.get(mortal)!.thread.dead)
    throw new Error(`the ${mortal} did not die`);
}

async function run(world: World, sentence: string): Promise<void> {
  for (const [pattern, work] of sentences) {
    const found = pattern.exec(sentence);
    if (found !== null) return work(world, found.slice(1));
  }
  throw new Error(`"${sentence}" is no sentence that the model knows (race-steps.ts)`);
}

/** Whom a sentence is about. */
function subjectOf(sentence: string): string {
  const [, listener] = /[Ll]istener (\d+)/.exec(sentence) ?? [];
  return listener === undefined ? /shipper|spooler/.exec(sentence)![0] : `listener ${listener}`;
}

function armDeath(world: World, main: string, dies: string): string {
  const who = subjectOf(main);
  const [, when, doing] = /^dies (before|after) it (.+)$/.exec(dies)!;
  world.arm(who, { isDue: stepNamed(when!, doing!), act: () => world.kill(who) });
  return who;
}

/** "Just before it takes the slab, listener 0 is offered 1 record". */
function armOvertaking(world: World, main: string, overtaking: string): void {
  const [, doing, what] = /^Just before it (.+?), (.+)$/.exec(overtaking)!;
  const sentence = what![0]!.toUpperCase() + what!.slice(1);
  const fault: Fault = { isDue: stepNamed('before', doing!), act: () => void run(world, sentence) };
  world.arm(subjectOf(main), fault);
}
