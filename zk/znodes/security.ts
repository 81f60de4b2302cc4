import { desanitizeName, sanitizeName, znode } from '../znode.ts'
import { json, nothing, plainText } from './codecs.ts'
import type { JsonFields } from './json-fields.ts'

/** One rule about a resource, in the words that are on disk: `Allow`, `Read`, `User:alice`. */
export interface AclRule {
  readonly principal: string
  readonly permissionType: string
  readonly host: string
  readonly operation: string
}

/** Source: org.apache.kafka.security.authorizer.AclEntry. */
const aclRules = json<readonly AclRule[]>({
  format: 'JSON v1',
  write: (rules) => ({
    acls: rules.map(({ principal, permissionType, host, operation }) => ({
      principal,
      permissionType,
      host,
      operation,
    })),
    version: 1,
  }),
  read: (fields) => {
    fields.requireVersion(1)
    return fields.objects('acls').map((rule) => ({
      principal: rule.text('principal'),
      permissionType: rule.text('permissionType'),
      host: rule.text('host'),
      operation: rule.text('operation'),
    }))
  },
})

export const literalAclRoot = znode({
  path: '/kafka-acl',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Rules about resources by their exact name.',
})

export const literalAclType = znode({
  path: '/kafka-acl/{resourceType}',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Topic, Group, Cluster, TransactionalId, DelegationToken or User.',
})

export const literalAcls = znode({
  path: '/kafka-acl/{resourceType}/{name}',
  lifetime: 'persistent',
  acl: 'default',
  codec: aclRules,
  meaning: 'The rules about one resource; `*` stands for every name.',
})

export const literalAclChanges = znode({
  path: '/kafka-acl-changes',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children tell every broker which exact resources have new rules.',
})

/** `TOPIC:orders`; Kafka before 2.0 wrote `Topic:orders`. */
export const literalAclChange = znode({
  path: '/kafka-acl-changes/acl_changes_{sequence:sequence}',
  lifetime: 'sequential',
  acl: 'default',
  codec: plainText,
  meaning: "A resource's type and name, separated by a colon: read its rules again.",
})

export const extendedAclRoot = znode({
  path: '/kafka-acl-extended',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Rules about resources by other patterns than their exact name.',
})

export const prefixedAclRoot = znode({
  path: '/kafka-acl-extended/prefixed',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: "Rules about resources by the beginning of their name; in lower case, unlike in Kafka's comments.",
})

export const prefixedAclType = znode({
  path: '/kafka-acl-extended/prefixed/{resourceType}',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Topic, Group, Cluster, TransactionalId, DelegationToken or User.',
})

export const prefixedAcls = znode({
  path: '/kafka-acl-extended/prefixed/{resourceType}/{name}',
  lifetime: 'persistent',
  acl: 'default',
  codec: aclRules,
  meaning: 'The rules about all resources whose name begins so.',
})

export const extendedAclChanges = znode({
  path: '/kafka-acl-extended-changes',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children tell every broker which patterns have new rules.',
})

/** A pattern of resources, in upper case: `TOPIC`, `PREFIXED`. */
export interface ResourcePatternName {
  readonly resourceType: string
  readonly name: string
  readonly patternType: string
}

export const extendedAclChange = znode({
  path: '/kafka-acl-extended-changes/acl_changes_{sequence:sequence}',
  lifetime: 'sequential',
  acl: 'default',
  codec: json<ResourcePatternName>({
    format: 'JSON v1',
    write: ({ resourceType, name, patternType }) => ({ version: 1, resourceType, name, patternType }),
    read: (fields) => {
      fields.requireVersion(1)
      return {
        resourceType: fields.text('resourceType'),
        name: fields.text('name'),
        patternType: fields.text('patternType'),
      }
    },
  }),
  meaning: 'A pattern whose rules have changed: read them again.',
})

export const delegationTokenRoot = znode({
  path: '/delegation_token',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Holds delegation tokens.',
})

export const delegationTokens = znode({
  path: '/delegation_token/tokens',
  lifetime: 'persistent',
  acl: 'sensitive',
  codec: nothing,
  meaning: 'Its children are the tokens.',
})

/** What is known of a token. Its HMAC follows from the cluster's secret and is not stored. */
export interface DelegationTokenInfo {
  readonly tokenId: string
  /** `User:alice`. */
  readonly owner: string
  readonly tokenRequester: string
  readonly renewers: readonly string[]
  readonly issueTimestampMs: number
  readonly expiryTimestampMs: number
  readonly maxTimestampMs: number
}

/** Source: kafka.zk.DelegationTokenInfoZNode; written as version 3, read as 1 to 3. */
export const delegationToken = znode({
  path: '/delegation_token/tokens/{tokenId}',
  lifetime: 'persistent',
  acl: 'sensitive',
  codec: json<DelegationTokenInfo>({
    format: 'JSON v3 (reads v1 to v3)',
    write: writeToken,
    read: readToken,
  }),
  meaning: "A delegation token's owner, renewers and times.",
})

export const delegationTokenChanges = znode({
  path: '/delegation_token/token_changes',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children tell every broker which tokens have changed.',
})

export const delegationTokenChange = znode({
  path: '/delegation_token/token_changes/token_change_{sequence:sequence}',
  lifetime: 'sequential',
  acl: 'default',
  codec: plainText,
  meaning: 'A token id: read it again.',
})

function writeToken(token: DelegationTokenInfo): object {
  return {
    issueTimestamp: token.issueTimestampMs,
    renewers: token.renewers.map(sanitizeName),
    tokenRequester: sanitizeName(token.tokenRequester),
    tokenId: token.tokenId,
    owner: sanitizeName(token.owner),
    expiryTimestamp: token.expiryTimestampMs,
    maxTimestamp: token.maxTimestampMs,
    version: 3,
  }
}

function readToken(fields: JsonFields): DelegationTokenInfo {
  fields.requireVersion(1, 2, 3)
  const owner = desanitizeName(fields.text('owner'))
  const requester = fields.optionalText('tokenRequester')
  return {
    tokenId: fields.text('tokenId'),
    owner,
    // Before version 3 everybody asked for their own tokens.
    tokenRequester: requester === null ? owner : desanitizeName(requester),
    renewers: fields.texts('renewers').map(desanitizeName),
    issueTimestampMs: fields.integer('issueTimestamp'),
    expiryTimestampMs: fields.integer('expiryTimestamp'),
    maxTimestampMs: fields.integer('maxTimestamp'),
  }
}
