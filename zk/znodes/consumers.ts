import type { Offset } from '../../src/model/ids.ts'
import type { ZnodeCodec } from '../znode.ts'
import { znode } from '../znode.ts'
import { decimalNumber, nothing } from './codecs.ts'

export const consumers = znode({
  path: '/consumers',
  lifetime: 'persistent',
  acl: 'open',
  codec: nothing,
  meaning: 'Groups whose offsets are kept in ZooKeeper, and what the consumers of Kafka 0.8 kept there.',
})

/** Its group, its `offsets` and its topic level hold nothing. */
export const consumerOffset = znode({
  path: '/consumers/{group}/offsets/{topic}/{partition:int}',
  lifetime: 'persistent',
  acl: 'default',
  codec: decimalNumber as ZnodeCodec<Offset>,
  meaning: 'The next offset that a group reads, as committed with version 0 of OffsetCommit.',
})

/** What the consumers of Kafka 0.8 kept beside their offsets: members, ownership. Neither read nor written here. */
export const consumerOffsetTopics = znode({
  path: '/consumers/{group}/offsets',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children are the topics that a group has committed.',
})

export const consumerOffsetPartitions = znode({
  path: '/consumers/{group}/offsets/{topic}',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children are the partitions that a group has committed.',
})
