/** Shows one reading: every figure, table and picture of the page. */
import { showCharts } from './charts.js';
import { showFlow } from './flow.js';
import { bytes, clock, count, duration, percent, rate } from './format.js';
import { byId, showBar, showRows, showValues } from './show.js';

/** @typedef {import('../../sink/sink.ts').PartitionView} PartitionView */

/** @param {import('../live-stream.ts').Hello} hello */
export function showFigures({ stats, samples, events }) {
  const { queue, spool, ledger, sink } = stats;
  const sample = samples.at(-1);
  const queueShare = queue.bytes / queue.maxBytes;
  const now = {
    answers:
      sample === undefined ? null : Object.values(sample.answers).reduce((sum, value) => sum + value, 0),
    p50: sample?.latencyMs?.p50,
    p99: sample?.latencyMs?.p99,
    queueShare,
    fullIn:
      queueShare >= 1
        ? 'full'
        : queue.secondsUntilFull === null
          ? 'no traffic'
          : duration(queue.secondsUntilFull),
    settled: sink.kind === 'spool' ? sample?.spooled : sample?.delivered,
    settledName: sink.kind === 'spool' ? 'Spooled a second' : 'Delivered a second',
    dropped: Object.values(ledger.dropped).reduce((sum, value) => sum + value, 0),
    topics: sink.cluster?.topics.join(', '),
  };
  showValues({ stats, sample, now });
  byId('dropped-now').dataset.mood = (sample?.dropped ?? 0) > 0 ? 'bad' : 'none';
  byId('full-in').dataset.mood = queueShare >= 1 || (queue.secondsUntilFull ?? 60) < 60 ? 'poor' : 'none';
  showBar(
    'queue-bar',
    `${percent(queueShare)} in use, at most ${percent(queue.highWaterBytes / queue.maxBytes)} in the last minute`,
    queueShare,
    queue.highWaterBytes / queue.maxBytes,
  );
  showBar('spool-bar', `${bytes(spool.bytes)} of ${bytes(spool.maxBytes)}`, spool.bytes / spool.maxBytes);
  const statuses = Object.entries(stats.requests.byStatus).map(([status, total]) => [
    status,
    rate(sample?.answers[status] ?? 0),
    count(total),
  ]);
  showRows('statuses', statuses.length > 0 ? statuses : [['none yet', '–', '–']]);
  showRows(
    'listeners',
    stats.listeners.map(({ id, state, restarts, rulesVersion }) => [id, { state }, restarts, rulesVersion]),
  );
  const { cluster } = sink;
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.kafka'))) {
    element.hidden = sink.kind !== 'kafka';
  }
  showRows(
    'brokers',
    cluster?.brokers.map(({ id, address, state, leads }) => [id, address, { state }, leads]) ?? [],
  );
  showRows('partitions', partitionRows(cluster?.partitions ?? [], (cluster?.topics.length ?? 0) > 1));
  showRows(
    'events',
    events.toReversed().map(({ time, level, message, detail, repeated }) => [
      { text: clock(time), state: level },
      {
        text: message,
        more: [detail, repeated > 0 ? `left out ${repeated} times before` : ''].filter(Boolean).join(' · '),
      },
    ]),
  );
  showFlow(ledger);
  showCharts(samples, queue.maxBytes);
}

/**
 * Partitions of the same topic, state and leader in one row: a topic may have hundreds.
 * @param {readonly PartitionView[]} partitions by topic and id
 * @param {boolean} namesTopics
 */
function partitionRows(partitions, namesTopics) {
  /** @type {Map<string, PartitionView[]>} */
  const groups = new Map();
  for (const partition of partitions) {
    const key = `${partition.topic} ${partition.state} ${partition.leader}`;
    groups.set(key, [...(groups.get(key) ?? []), partition]);
  }
  return [...groups.values()].map((group) => {
    const { topic, state, leader } = /** @type {PartitionView} */ (group[0]);
    const leadBy = leader === null ? 'no broker' : `broker ${leader}`;
    const ids = runs(group.map(({ id }) => id));
    return [{ state }, leadBy, namesTopics ? `${topic}-${ids}` : ids];
  });
}

/**
 * Numbers as runs: 0–3, 5.
 * @param {readonly number[]} numbers in order
 */
function runs(numbers) {
  /** @type {[number, number][]} */
  const found = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? first : `${first}–${last}`)).join(', ');
}
