/** Rights on a real Kafka, given and taken by its admin. */
import kafkajs from 'kafkajs';
import { kafkaClient } from './kafka-client.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

export interface Acl {
  /** `User:name` */
  readonly principal: string;
  readonly operation: 'WRITE' | 'DESCRIBE' | 'IDEMPOTENT_WRITE';
  /** Undefined: the cluster. */
  readonly topic?: string;
}

const entryOf = ({ principal, operation, topic }: Acl) => ({
  resourceType: topic === undefined ? AclResourceTypes.CLUSTER : AclResourceTypes.TOPIC,
  resourceName: topic ?? 'kafka-cluster',
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal,
  host: '*',
  operation: AclOperationTypes[operation],
  permissionType: AclPermissionTypes.ALLOW,
});

/** Allows it. A topic (or the cluster) that has an ACL is closed to all whom none names. */
export async function allow(brokers: string[], ...acls: Acl[]): Promise<void> {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    await admin.createAcls({ acl: acls.map(entryOf) });
  } finally {
    await admin.disconnect();
  }
}

/** Takes back what `allow` gave. */
export async function disallow(brokers: string[], ...acls: Acl[]): Promise<void> {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    await admin.deleteAcls({ filters: acls.map(entryOf) });
  } finally {
    await admin.disconnect();
  }
}
