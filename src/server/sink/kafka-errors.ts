/** What each of Kafka's answers to a batch means for it (kafka.apache.org/protocol#protocol_error_codes). */

export type Verdict =
  /** It is in the topic. */
  | 'delivered'
  /** It was not appended: try again, after a look at who leads. */
  | 'refresh'
  /** Try again; it may have been appended. */
  | 'retry'
  /** Not appended, because the producer id or sequence is not what the broker expects: new id, same batch. */
  | 'new_producer_id'
  /** Not appended, and never to be while there are so many records in it. */
  | 'too_large'
  /** Never to be accepted. */
  | 'rejected';

const verdicts: Readonly<Record<string, Verdict>> = {
  NONE: 'delivered',
  DUPLICATE_SEQUENCE_NUMBER: 'delivered',
  UNKNOWN_TOPIC_OR_PARTITION: 'refresh',
  LEADER_NOT_AVAILABLE: 'refresh',
  NOT_LEADER_FOR_PARTITION: 'refresh',
  REPLICA_NOT_AVAILABLE: 'refresh',
  KAFKA_STORAGE_ERROR: 'refresh',
  // A right is often granted after the server has begun, or taken away by mistake: the batch waits for it.
  TOPIC_AUTHORIZATION_FAILED: 'refresh',
  CLUSTER_AUTHORIZATION_FAILED: 'refresh',
  FENCED_LEADER_EPOCH: 'refresh',
  UNKNOWN_LEADER_EPOCH: 'refresh',
  NOT_ENOUGH_REPLICAS: 'refresh',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'retry',
  REQUEST_TIMED_OUT: 'retry',
  NETWORK_EXCEPTION: 'retry',
  CORRUPT_MESSAGE: 'retry',
  UNKNOWN: 'retry',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'new_producer_id',
  UNKNOWN_PRODUCER_ID: 'new_producer_id',
  INVALID_PRODUCER_EPOCH: 'new_producer_id',
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
};

/** Errors that are not in the table are not retriable. */
export const verdictOf = (error: string): Verdict => verdicts[error] ?? 'rejected';

/** The client may not do what it asked for, until somebody grants it. */
export const isForbidden = (error: string): boolean => error.endsWith('_AUTHORIZATION_FAILED');

/** The sentence for such an error: the same for every partition and every look. */
export const forbidden = (error: string, topic: string): string =>
  `Kafka does not let this client write to topic "${topic}": it needs the right Write on it (${error}).`;

/** Answers to InitProducerId after which the same request may succeed. */
export const isRetriableInit = (error: string): boolean =>
  [
    'GROUP_LOAD_IN_PROGRESS',
    'GROUP_COORDINATOR_NOT_AVAILABLE',
    'NOT_COORDINATOR_FOR_GROUP',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'COORDINATOR_NOT_AVAILABLE',
    'REQUEST_TIMED_OUT',
    'CONCURRENT_TRANSACTIONS',
    'UNKNOWN',
  ].includes(error);
