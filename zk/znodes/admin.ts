import type { BrokerId, PartitionIndex } from '../../src/model/ids.ts'
import type { TopicPartition } from '../../src/model/topic-partition.ts'
import { znode } from '../znode.ts'
import { json, nothing } from './codecs.ts'

export const admin = znode({
  path: '/admin',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Holds what is asked of the controller.',
})

export const deleteTopics = znode({
  path: '/admin/delete_topics',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children are the topics to be deleted; the controller watches them.',
})

export const deleteTopic = znode({
  path: '/admin/delete_topics/{topic}',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'A topic to be deleted. Removed when nothing is left of the topic.',
})

/** A partition and the replicas that it shall have. */
export interface ReassignmentTarget extends TopicPartition {
  readonly replicas: readonly BrokerId[]
}

/** Read strictly, as Kafka does: any unknown field makes the whole znode void. */
export const reassignPartitions = znode({
  path: '/admin/reassign_partitions',
  lifetime: 'persistent',
  acl: 'default',
  codec: json<readonly ReassignmentTarget[]>({
    format: 'JSON v1',
    write: (targets) => ({
      version: 1,
      partitions: targets.map(({ topic, partition, replicas }) => ({ topic, partition, replicas })),
    }),
    read: (fields) => {
      fields.allowOnly('version', 'partitions')
      return fields.objects('partitions').map((entry) => {
        entry.allowOnly('topic', 'partition', 'replicas')
        return {
          topic: entry.text('topic'),
          partition: entry.integer('partition') as PartitionIndex,
          replicas: entry.integers('replicas') as BrokerId[],
        }
      })
    },
  }),
  meaning:
    'Reassignments asked for by tools without the API; its creation is the order, its removal the end.',
})

export const preferredReplicaElection = znode({
  path: '/admin/preferred_replica_election',
  lifetime: 'persistent',
  acl: 'default',
  codec: json<readonly TopicPartition[]>({
    format: 'JSON v1',
    write: (partitions) => ({
      version: 1,
      partitions: partitions.map(({ topic, partition }) => ({ topic, partition })),
    }),
    read: (fields) =>
      fields.objects('partitions').map((entry) => ({
        topic: entry.text('topic'),
        partition: entry.integer('partition') as PartitionIndex,
      })),
  }),
  meaning: 'Partitions whose preferred leader shall lead; its creation is the order, its removal the end.',
})
