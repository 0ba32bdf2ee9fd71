/** The whole visible state of a server, in a few lines that people can read: its slabs, its ledger, the topic, the spool. */
import { dropReasons } from '../../src/server/queue/drop-reason.ts';
import { dropColumn, type LedgerColumn } from '../../src/server/queue/ledger.ts';
import { snapshot } from '../../src/server/queue/ledger-snapshot.ts';
import { outcomeOf } from '../../src/server/queue/settlement.ts';
import { flag, kind, slabBig, slabWord } from '../../src/server/queue/slab-layout.ts';
import type { SlabPool } from '../../src/server/queue/slab-pool.ts';
import { idOf } from './books.ts';
import { ownerName } from './machine/shared-memory.ts';
import { hasSpooler } from './setup.ts';
import { kindName } from './state-table.ts';
import type { World } from './world.ts';

/** Lines, without a newline at the end of the last. */
export function visibleState(world: World): string {
  return [
    ...Array.from({ length: world.pool.slabs }, (_, slab) => `slab ${slab}: ${slabLine(world, slab)}`),
    `ledger: ${ledgerLine(world)}`,
    ...requestLines(world),
    ...topicLines(world),
    ...spoolLines(world),
    ...deadLines(world),
  ].join('\n');
}

function slabLine({ pool, books }: World, slab: number): string {
  const now = pool.kindOf(slab);
  if (now === kind.FREE) return 'FREE';
  const by = pool.ownerOf(slab) === 0 ? '' : ` by ${ownerName(pool.ownerOf(slab))}`;
  const records = books.idsIn(slab);
  const parts = [`${kindName(now)}${by}`, records.length === 0 ? 'empty' : records.join(' ')];
  if (now === kind.SEALED || now === kind.SENDING) parts.push(`ticket ${pool.big(slab, slabBig.TICKET)}`);
  if (now === kind.SETTLING) parts.push(`as ${fateText(pool, slab)}`);
  if (pool.hasFlag(slab, flag.REPLAYED)) parts.push('replayed');
  if (now === kind.SENDING && pool.get(slab, slabWord.PARTITION) >= 0) parts.push(numbersOf(pool, slab));
  if (pool.hasFlag(slab, flag.ON_WIRE)) parts.push('may be in the topic');
  return parts.join(', ');
}

function fateText(pool: SlabPool, slab: number): string {
  const outcome = outcomeOf(pool, slab);
  return outcome.kind === 'dropped' ? `dropped (${outcome.reason})` : outcome.kind;
}

/** Where a batch goes, and its numbers. */
function numbersOf(pool: SlabPool, slab: number): string {
  const id = pool.big(slab, slabBig.PRODUCER_ID);
  const to = `to partition ${pool.get(slab, slabWord.PARTITION)}`;
  return id === -1n ? to : `${to} as producer ${id}, sequence ${pool.get(slab, slabWord.BASE_SEQUENCE)}`;
}

const SHOWN: readonly LedgerColumn[] = ['inherited', 'offered', 'delivered', 'spooled'];
const ASIDE: readonly LedgerColumn[] = ['unconfirmed', 'possibleDuplicates'];

function ledgerLine({ pool, ledger }: World): string {
  const { queued, inFlight, unaccounted } = snapshot(pool, ledger);
  const levels = { queued, 'in flight': inFlight, unaccounted };
  const columns = [...SHOWN, ...dropReasons.map(dropColumn), ...ASIDE]
    .map((column) => [column.replace('dropped.', 'dropped as '), ledger.sum(column)] as const)
    .concat(Object.entries(levels))
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name} ${count}`);
  return columns.length === 0 ? 'all 0' : columns.join(', ');
}

function requestLines({ cluster }: World): string[] {
  return cluster.waiting.map(({ nodeId, batches }) => {
    const content = batches.map(({ values }) => values.map(idOf).join(' ')).join(', ');
    return `on its way to ${cluster.isSingle ? 'the broker' : `broker ${nodeId}`}: ${content}`;
  });
}

function topicLines({ cluster, setup }: World): string[] {
  if (setup.sink === 'spool') return [];
  const many = cluster.logs.size > 1;
  return [...cluster.logs].map(([partition, { values }]) => {
    const held = values.map(idOf).join(' ');
    return `topic${many ? `, partition ${partition}` : ''}: ${held === '' ? 'empty' : held}`;
  });
}

function spoolLines(world: World): string[] {
  if (!hasSpooler(world.setup)) return [];
  const held = world.spooledIds().join(' ');
  return [`spool: ${held === '' ? 'empty' : held}`];
}

function deadLines({ lives }: World): string[] {
  const dead = [...lives.values()].filter(({ thread }) => thread.dead).map(({ name }) => name);
  return dead.length === 0 ? [] : [`dead: ${dead.join(', ')}`];
}
