import type { BrokerId, ControllerEpoch, LeaderEpoch, PartitionIndex } from '../../src/model/ids.ts'
import type { LeaderAndIsr } from '../../src/model/leader-and-isr.ts'
import { parseUuid } from '../../src/model/uuid.ts'
import type { Uuid } from '../../src/model/uuid.ts'
import { znode } from '../znode.ts'
import { json, nothing } from './codecs.ts'
import type { JsonFields } from './json-fields.ts'

export const topics = znode({
  path: '/brokers/topics',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children are the topics; the controller watches them.',
})

/** Where a partition's replicas are, and where a reassignment in progress takes them. */
export interface ReplicaAssignment {
  /** All of them; the first is the preferred leader. During a reassignment the targets, then those to go. */
  readonly replicas: readonly BrokerId[]
  readonly adding: readonly BrokerId[]
  readonly removing: readonly BrokerId[]
}

export interface TopicAssignment {
  /** Null in topics of Kafka before 2.8, until a controller gives them one. */
  readonly topicId: Uuid | null
  readonly partitions: ReadonlyMap<PartitionIndex, ReplicaAssignment>
}

/** Source: kafka.zk.TopicZNode; written as version 3, read as 1 to 3. */
export const topic = znode({
  path: '/brokers/topics/{topic}',
  lifetime: 'persistent',
  acl: 'default',
  codec: json<TopicAssignment>({ format: 'JSON v3 (reads v1 to v3)', write: writeTopic, read: readTopic }),
  meaning: "A topic's id and its partitions' replicas.",
})

export const topicPartitions = znode({
  path: '/brokers/topics/{topic}/partitions',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'Its children are the partitions that the controller has brought to life.',
})

export const topicPartition = znode({
  path: '/brokers/topics/{topic}/partitions/{partition:int}',
  lifetime: 'persistent',
  acl: 'default',
  codec: nothing,
  meaning: 'One partition.',
})

/** The content of a state znode: all but its data version, which is the partition epoch. */
export type PartitionState = Omit<LeaderAndIsr, 'partitionEpoch'>

/** Source: kafka.zk.TopicPartitionStateZNode. */
export const partitionState = znode({
  path: '/brokers/topics/{topic}/partitions/{partition:int}/state',
  lifetime: 'persistent',
  acl: 'default',
  codec: json<PartitionState>({ format: 'JSON v1', write: writeState, read: readState }),
  meaning: 'Leader and in-sync replicas. Its data version is the partition epoch.',
})

function writeTopic({ topicId, partitions }: TopicAssignment): object {
  const ordered = [...partitions]
  const listed = (choose: (assignment: ReplicaAssignment) => readonly BrokerId[]) =>
    Object.fromEntries(ordered.map(([partition, assignment]) => [partition, choose(assignment)] as const))
  const notEmpty = (choose: (assignment: ReplicaAssignment) => readonly BrokerId[]) =>
    Object.fromEntries(
      ordered
        .map(([partition, assignment]) => [partition, choose(assignment)] as const)
        .filter(([, brokers]) => brokers.length > 0),
    )
  return {
    partitions: listed((assignment) => assignment.replicas),
    ...(topicId === null ? {} : { topic_id: topicId }),
    adding_replicas: notEmpty((assignment) => assignment.adding),
    removing_replicas: notEmpty((assignment) => assignment.removing),
    version: 3,
  }
}

function readTopic(fields: JsonFields): TopicAssignment {
  const partitions = fields.objectOrEmpty('partitions')
  const adding = fields.objectOrEmpty('adding_replicas')
  const removing = fields.objectOrEmpty('removing_replicas')
  const brokers = (lists: JsonFields, name: string) =>
    (lists.has(name) ? lists.integers(name) : []) as BrokerId[]
  return {
    topicId: readTopicId(fields),
    partitions: new Map(
      partitions.names().map((name) => [
        readPartition(fields, name),
        {
          replicas: partitions.integers(name) as BrokerId[],
          adding: brokers(adding, name),
          removing: brokers(removing, name),
        },
      ]),
    ),
  }
}

function readTopicId(fields: JsonFields): Uuid | null {
  const text = fields.optionalText('topic_id')
  return text === null ? null : (parseUuid(text) ?? fields.fail(`topic_id ${text.slice(0, 40)} is not an id`))
}

function readPartition(fields: JsonFields, name: string): PartitionIndex {
  if (!/^(0|[1-9][0-9]{0,9})$/.test(name)) fields.fail(`${JSON.stringify(name)} is not a partition`)
  return Number(name) as PartitionIndex
}

function writeState(state: PartitionState): object {
  return {
    controller_epoch: state.controllerEpoch,
    leader: state.leader,
    version: 1,
    ...(state.leaderRecoveryState === 'RECOVERING' ? { leader_recovery_state: 1 } : {}),
    leader_epoch: state.leaderEpoch,
    isr: state.inSyncReplicas,
  }
}

function readState(fields: JsonFields): PartitionState {
  const recovery = fields.has('leader_recovery_state') ? fields.integer('leader_recovery_state') : 0
  if (recovery !== 0 && recovery !== 1) fields.fail(`leader_recovery_state ${recovery} is neither 0 nor 1`)
  return {
    leader: fields.integer('leader') as BrokerId,
    leaderEpoch: fields.integer('leader_epoch') as LeaderEpoch,
    inSyncReplicas: fields.integers('isr') as BrokerId[],
    leaderRecoveryState: recovery === 1 ? 'RECOVERING' : 'RECOVERED',
    controllerEpoch: fields.integer('controller_epoch') as ControllerEpoch,
  }
}
