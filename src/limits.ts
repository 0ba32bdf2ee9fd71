/** Fixed limits that several parts must agree on. */

/** Bytes of one slab: one Kafka batch with its header. */
export const SLAB_BYTES = 256 * 1024;

/** Records in one slab at most. */
export const SLAB_RECORDS = 1000;

/** Platforms on which several threads can listen on one port (Node's reusePort); not macOS, not Windows. */
export const REUSE_PORT_PLATFORMS: readonly string[] = ['linux', 'freebsd', 'dragonfly', 'sunos', 'aix'];

/** Listener threads at most. */
export const MAX_LISTENERS = 64;

/** Topics that records can go to between a start and its end. */
export const MAX_TOPICS = 1000;

/** What `record.partitions` can be at most. */
export const MAX_PARTITIONS = 10_000;
