/**
 * Which operations a client may do with a resource, as a bit set of AclOperation codes, where a request asks to be
 * told. Without an authorizer these are all that the resource knows.
 * Source: KIP-430; kafka.security.authorizer.AclEntry.supportedOperations.
 */
const bit = {
  read: 1 << 3,
  write: 1 << 4,
  create: 1 << 5,
  delete: 1 << 6,
  alter: 1 << 7,
  describe: 1 << 8,
} as const
const clusterAction = 1 << 9
const describeConfigs = 1 << 10
const alterConfigs = 1 << 11
const idempotentWrite = 1 << 12

export const ALL_TOPIC_OPERATIONS =
  bit.read | bit.write | bit.create | bit.delete | bit.alter | bit.describe | describeConfigs | alterConfigs
export const ALL_GROUP_OPERATIONS = bit.read | bit.delete | bit.describe
export const ALL_CLUSTER_OPERATIONS =
  bit.create | clusterAction | describeConfigs | alterConfigs | idempotentWrite | bit.alter | bit.describe

/** The value of the field when nobody asked. */
export const NOT_ASKED = -2147483648
