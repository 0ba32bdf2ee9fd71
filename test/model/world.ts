/**
 * A whole server in one thread, on simulated time, with a simulated Kafka and a real spool: listeners, shipper, spooler
 * and supervisor share the real queue. Nothing happens but by its methods.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SLAB_BYTES } from '../../src/limits.ts';
import { allocateHighWater } from '../../src/server/queue/high-water.ts';
import { recoverListener } from '../../src/server/queue/lane-writer.ts';
import type { Lanes } from '../../src/server/queue/lanes.ts';
import { allocateLedger } from '../../src/server/queue/ledger.ts';
import { allocatePool, kind, owner, type PoolMemory, slabWord } from '../../src/server/queue/slab-layout.ts';
import type { SlabPool } from '../../src/server/queue/slab-pool.ts';
import { drain, type ShutdownReport } from '../../src/server/shutdown.ts';
import { topicTable } from '../support/queue-fixture.ts';
import { type Fate, type HalfwayName, SimulatedCluster } from '../support/simulated-cluster.ts';
import { Books } from './books.ts';
import { SteppedLedger, SteppedPool, watchAtomics } from './machine/shared-memory.ts';
import { currentThread, type Fault, hearRejections, stepped, Thread } from './machine/thread.ts';
import { settled, VirtualTime } from './machine/time.ts';
import { ManagedLife } from './managed-life.ts';
import { type Parts, runShipper, runSpooler, startListener } from './roles.ts';
import { hasSpooler, type Setup } from './setup.ts';
import { fillSpool, HeldSpool, idsInSpool } from './spool-rows.ts';

/** Where a test puts a fault into the machinery: it makes the parts that differ from the real ones. */
export interface Plant {
  readonly pool?: (memory: PoolMemory) => SlabPool;
  readonly parts?: (parts: Parts) => Parts;
}

/** What outlives a server that dies. */
interface Survivors {
  readonly directory: string;
  readonly cluster: SimulatedCluster;
  readonly wall: number;
  readonly books: Books;
  /** How many servers there were. */
  readonly servers: number;
  readonly countedBefore: number;
}

export class World {
  readonly setup: Setup;
  readonly time = new VirtualTime();
  readonly pool: SlabPool;
  readonly ledger: SteppedLedger;
  readonly cluster: SimulatedCluster;
  readonly books: Books;
  readonly lives = new Map<string, ManagedLife>();
  readonly writers = new Map<number, Lanes>();
  readonly supervisor: Thread;
  draining: Promise<void> | undefined;
  report: ShutdownReport | undefined;
  /** What the ids of its records begin with: that they are not those of a server before it. */
  readonly prefix: string;
  /** Possible duplicates that servers before this one had counted. */
  readonly countedBefore: number;
  readonly #hurry = Promise.withResolvers<void>();
  readonly #restore: (() => void)[] = [];
  readonly #directory: string;
  readonly #servers: number;
  readonly #highWater: SharedArrayBuffer;
  readonly #plant: Plant;
  readonly #unsettled = new Map<number, number>();
  readonly #threads: Thread[] = [];

  constructor(setup: Setup, plant: Plant = {}, before?: Survivors) {
    this.setup = setup;
    this.#plant = plant;
    this.#directory = before?.directory ?? mkdtempSync(join(tmpdir(), 'redirector-model-'));
    this.#servers = (before?.servers ?? 0) + 1;
    this.prefix = before === undefined ? '' : `${this.#servers}:`;
    this.countedBefore = before?.countedBefore ?? 0;
    this.time.wall = before?.wall ?? this.time.wall;
    const memory = allocatePool(setup.slabs * SLAB_BYTES);
    this.pool = plant.pool?.(memory) ?? new SteppedPool(memory);
    this.ledger = new SteppedLedger(allocateLedger(setup.listeners));
    this.#highWater = allocateHighWater(setup.listeners);
    this.books = new Books(this.pool, (number) => this.isGone(number), before?.books);
    this.cluster = before?.cluster ?? new SimulatedCluster(setup.partitions, setup.brokers);
    this.cluster.watch = this.books.onBatch;
    if (setup.sink === 'kafka') this.books.cluster = this.cluster;
    this.supervisor = new Thread('supervisor', owner.SUPERVISOR, (error) =>
      this.#failed('supervisor', error),
    );
    const inherited =
      before === undefined ? fillSpool(this.spoolPath, setup.inherited, this.time.wall) : this.spooledIds();
    for (const id of inherited) {
      this.books.offered(id);
      this.books.became(id, 'spooled');
    }
    this.#restore.push(this.time.install(), watchAtomics(this.pool, this.books.onChange), hearRejections());
    this.#start();
  }

  /** A server that has started, as far as it waits for its threads. */
  static async start(setup: Setup, plant: Plant = {}, before?: Survivors): Promise<World> {
    const world = new World(setup, plant, before);
    for (const task of world.time.due()) await world.time.run(task);
    return world;
  }

  #start(): void {
    const { sink, listeners } = this.setup;
    if (hasSpooler(this.setup)) this.#manage('spooler', owner.SPOOLER, (parts) => void runSpooler(parts));
    if (sink !== 'spool') this.#manage('shipper', owner.SHIPPER, (parts) => void runShipper(parts));
    for (let index = 0; index < listeners; index++) {
      const number = owner.LISTENER + index;
      this.#manage(
        `listener ${index}`,
        number,
        (parts) => void this.writers.set(index, startListener(parts, index)),
        () => {
          this.writers.delete(index);
          recoverListener(this.pool, this.ledger, number);
        },
      );
    }
  }

  #manage(name: string, number: number, work: (parts: Parts) => void, onDeath: () => void = () => {}): void {
    const life: ManagedLife = new ManagedLife({
      name,
      owner: number,
      time: this.time,
      onFailure: (who, error) => this.#failed(who, error),
      onDeath: () => {
        this.supervisor.run(onDeath);
        this.supervisor.run(() => this.pool.tellFree());
      },
      begin: ({ thread, restarted, begun }) => {
        this.#threads.push(thread);
        const boot = `boot ${this.#servers}`;
        let file: HeldSpool | undefined;
        const parts: Parts = {
          pool: this.pool,
          ledger: this.ledger,
          topics: topicTable('clicks'),
          highWater: this.#highWater,
          setup: this.setup,
          boot,
          connect: () => stepped(this.cluster.connect(), 'transport'),
          openSpool: () => {
            file = new HeldSpool(this.spoolPath, boot);
            return stepped(file, 'spool');
          },
          restarted,
          onDrain: (drained) => this.lives.get(name)!.onDrain(drained),
          drained: () => this.lives.get(name)!.tellDrained(),
        };
        this.time.later(thread, 0, () => {
          work(this.#plant.parts?.(parts) ?? parts);
          begun();
        });
        return () => file?.close();
      },
    });
    this.lives.set(name, life);
  }

  get spoolPath(): string {
    return join(this.#directory, 'spool.db');
  }

  isGone(number: number): boolean {
    for (const { owner: its, thread } of this.lives.values())
      if (its === number && !thread.dead) return false;
    return true;
  }

  /** Steps that all threads have taken. */
  get steps(): number {
    return this.#threads.reduce((sum, { steps }) => sum + steps, 0);
  }

  /** Threads that have died, or been ended. */
  get deaths(): number {
    return this.#threads.filter(({ dead }) => dead).length;
  }

  /** A thread does what it has to do, at most so many tasks. */
  async turn(name: string, tasks = 1): Promise<void> {
    const thread = name === 'supervisor' ? this.supervisor : this.lives.get(name)?.thread;
    for (let n = 0; n < tasks; n++) {
      const task = thread === undefined ? undefined : this.time.due(thread)[0];
      if (task === undefined) return;
      await this.time.run(task);
      this.bury();
    }
  }

  /** All goes well for a while: the dead are replaced, every thread does what is due, brokers answer what they get. */
  async calm(rounds: number): Promise<void> {
    for (const name of this.lives.keys()) await this.recover(name);
    for (let round = 0; round < rounds; round++) {
      for (const name of this.lives.keys()) await this.turn(name, 3);
      await this.turn('supervisor', 3);
      const requests = this.cluster.down ? 0 : this.cluster.waiting.length;
      for (let left = requests; left > 0; left--) await this.broker(0, 'answered');
      this.time.pass(7);
    }
  }

  /** A broker works on one of the requests that wait. */
  async broker(which: number, fate: Fate | HalfwayName): Promise<void> {
    const { waiting } = this.cluster;
    if (waiting.length === 0) return;
    this.cluster.work(waiting[which % waiting.length]!, fate);
    await settled();
  }

  /** Puts a fault into a thread's way. */
  arm(name: string, fault: Fault): void {
    const thread = this.lives.get(name)?.thread;
    if (thread !== undefined) thread.fault = fault;
  }

  /** Ends a thread where it stands. */
  kill(name: string): void {
    const thread = this.lives.get(name)?.thread;
    if (thread !== undefined) thread.dead = true;
    this.bury(); // in the middle of its own code, later: when that has unwound
  }

  /** Lets go of what dead threads held, when no code of a thread is under way. */
  bury(): void {
    if (currentThread() !== undefined) return;
    const spooler = this.lives.get('spooler');
    if (spooler?.thread.dead === true) this.#noteUnsettled();
    for (const life of this.lives.values()) life.bury();
  }

  /** A dead spooler's rows count records that its slabs count too, until its successor has written them again. */
  #noteUnsettled(): void {
    for (const slab of [kind.SENDING, kind.SETTLING].flatMap((now) => this.pool.inKind(now, owner.SPOOLER))) {
      this.#unsettled.set(slab, this.pool.get(slab, slabWord.GENERATION));
    }
  }

  /** Every thread lives, and has taken over from its predecessor. */
  get isQuiet(): boolean {
    return [...this.lives.values()].every(({ thread, hasBegun }) => hasBegun && !thread.dead);
  }

  /** A successor of the spooler has not yet settled all that its predecessor had taken. */
  get isRecovering(): boolean {
    for (const [slab, generation] of this.#unsettled) {
      const settled = this.pool.kindOf(slab) === kind.FREE;
      if (settled || this.pool.get(slab, slabWord.GENERATION) !== generation) this.#unsettled.delete(slab);
    }
    return this.#unsettled.size > 0;
  }

  /** Ids of the records in the spool, read beside its owner. */
  spooledIds(): string[] {
    return idsInSpool(this.spoolPath);
  }

  /** The supervisor sees that a thread has died. */
  async recover(name: string): Promise<void> {
    this.lives.get(name)?.replace();
    await settled();
  }

  /** The server is told to end. */
  async beginDrain(deadlineMs: number): Promise<void> {
    if (this.draining !== undefined) return;
    for (const name of this.lives.keys()) await this.recover(name);
    const named = (prefix: string): ManagedLife[] =>
      [...this.lives].filter(([name]) => name.startsWith(prefix)).map(([, life]) => life);
    this.draining = this.supervisor.run(async () => {
      this.report = await drain({
        reason: 'the model ends',
        graceMs: 0,
        deadlineMs,
        pool: this.pool,
        ledger: this.ledger,
        listeners: named('listener'),
        sinks: [...named('shipper'), ...named('spooler')],
        spills: this.setup.overflow === 'spool',
        onFate() {},
        hurry: this.#hurry.promise,
      });
    });
    await settled();
  }

  hurry(): void {
    this.#hurry.resolve();
  }

  #failed(name: string, error: unknown): void {
    this.books.violated(`the ${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
  }

  /**
   * The process dies, with all that is in its memory, and another one is started.
   * @returns the world from then on; this one has ended
   */
  async crash(): Promise<World> {
    await this.#end();
    return World.start(this.setup, this.#plant, {
      directory: this.#directory,
      cluster: this.cluster,
      wall: this.time.wall,
      books: this.books,
      servers: this.#servers,
      countedBefore: this.countedBefore + this.ledger.sum('possibleDuplicates'),
    });
  }

  /** Ends all threads, and puts back what the model had changed. */
  async close(): Promise<void> {
    await this.#end();
    rmSync(this.#directory, { recursive: true });
  }

  async #end(): Promise<void> {
    for (const name of this.lives.keys()) this.kill(name);
    this.supervisor.dead = true;
    await settled(); // their deaths are heard
    for (const restore of this.#restore) restore();
  }
}
