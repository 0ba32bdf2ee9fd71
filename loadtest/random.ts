/** Random numbers that can be had again: the same seed gives the same run. */

/** Numbers from 0 up to 1, without 1 (mulberry32: 2^32 of them before they repeat). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Chooses indexes of `weights`, each as often as its weight says. */
export function weightedChoice(weights: readonly number[], random: () => number): () => number {
  const bounds: number[] = [];
  let sum = 0;
  for (const weight of weights) {
    sum += weight;
    bounds.push(sum);
  }
  if (bounds.length === 1) return () => 0;
  return () => {
    const at = random() * sum;
    let [low, high] = [0, bounds.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bounds[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
