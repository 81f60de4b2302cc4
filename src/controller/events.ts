import type { BrokerEpoch, BrokerId, PartitionIndex } from '../model/ids.ts'
import type { ErrorName } from '../model/errors.ts'
import type { TopicPartition } from '../model/topic-partition.ts'
import type { Uuid } from '../model/uuid.ts'
import type {
  AlterPartitionProposal,
  AlterPartitionReply,
  ElectionKind,
  ElectionOutcome,
  FeatureUpdate,
  FeatureUpdateOutcome,
  PartitionOutcome,
  ProducerIdRange,
  OngoingReassignment,
  ReassignmentRequest,
} from './requests.ts'

/** Where the answer to a request goes. Settled exactly once: by the event's handler, or when the event is preempted. */
export interface Reply<T> {
  resolve(value: T): void
  reject(reason: Error): void
}

/** What a broker says of one replica that it was told to host. */
export interface ReplicaAnswer {
  readonly topicId: Uuid
  readonly partition: PartitionIndex
  readonly error: ErrorName
}

/**
 * Everything that makes the controller act. The first group only says "look again": what there is to be done is found
 * by comparing ZooKeeper with the context, so that two of a kind are as good as one.
 * Source: kafka.controller.ControllerEvent (3.9).
 */
export type ControllerEvent =
  // The life of this controller.
  | { readonly kind: 'Startup' }
  | { readonly kind: 'ControllerChange' }
  | { readonly kind: 'Reelect' }
  | { readonly kind: 'RegisterBrokerAndReelect' }
  | { readonly kind: 'Expire' }
  /** The session has been silent beyond its end: others may have been elected. */
  | { readonly kind: 'Abandon' }
  | { readonly kind: 'ShutDown' }
  // ZooKeeper has changed.
  | { readonly kind: 'BrokerChange' }
  | { readonly kind: 'BrokerModifications'; readonly broker: BrokerId }
  | { readonly kind: 'TopicChange' }
  | { readonly kind: 'PartitionModifications'; readonly topic: string }
  | { readonly kind: 'TopicDeletion' }
  | { readonly kind: 'ZkPartitionReassignment' }
  | { readonly kind: 'ZkPreferredElection' }
  | { readonly kind: 'IsrChangeNotification' }
  | { readonly kind: 'LogDirEventNotification' }
  // Time has passed, or a setting has changed.
  | { readonly kind: 'AutoPreferredElection' }
  /** Null: of every topic. */
  | { readonly kind: 'UncleanElectionEnabled'; readonly topic: string | null }
  // A broker has answered, or cannot be told everything any more.
  | {
      readonly kind: 'LeaderAndIsrAnswered'
      readonly broker: BrokerId
      readonly hasFailures: boolean
      readonly results: () => Iterable<ReplicaAnswer>
    }
  | {
      readonly kind: 'ReplicasDeleted'
      readonly broker: BrokerId
      readonly results: readonly (TopicPartition & { readonly error: ErrorName })[]
    }
  | { readonly kind: 'BrokerResync'; readonly broker: BrokerId }
  // Requests.
  | {
      readonly kind: 'ApiPartitionReassignment'
      readonly requests: readonly ReassignmentRequest[]
      readonly reply: Reply<PartitionOutcome[]>
    }
  | {
      readonly kind: 'ListPartitionReassignments'
      readonly partitions: readonly TopicPartition[] | null
      readonly reply: Reply<OngoingReassignment[]>
    }
  | {
      readonly kind: 'ElectLeaders'
      readonly election: ElectionKind
      readonly partitions: readonly TopicPartition[] | null
      readonly reply: Reply<ElectionOutcome[]>
    }
  | {
      readonly kind: 'ControlledShutdown'
      readonly broker: BrokerId
      readonly brokerEpoch: BrokerEpoch | null
      readonly reply: Reply<TopicPartition[]>
    }
  | {
      readonly kind: 'AlterPartition'
      readonly proposal: AlterPartitionProposal
      readonly reply: Reply<AlterPartitionReply>
    }
  | {
      readonly kind: 'AllocateProducerIds'
      readonly broker: BrokerId
      readonly brokerEpoch: BrokerEpoch
      readonly reply: Reply<ProducerIdRange>
    }
  | {
      readonly kind: 'UpdateFeatures'
      readonly updates: readonly FeatureUpdate[]
      readonly reply: Reply<FeatureUpdateOutcome[]>
    }

export type EventKind = ControllerEvent['kind']

/**
 * Equal keys: one of the two will do, if it is still waiting. Null: every one counts.
 */
export function coalescingKey(event: ControllerEvent): string | null {
  switch (event.kind) {
    case 'ControllerChange':
    case 'Reelect':
    case 'BrokerChange':
    case 'TopicChange':
    case 'TopicDeletion':
    case 'ZkPartitionReassignment':
    case 'ZkPreferredElection':
    case 'IsrChangeNotification':
    case 'LogDirEventNotification':
    case 'AutoPreferredElection':
      return event.kind
    case 'BrokerModifications':
    case 'BrokerResync':
      return `${event.kind} ${event.broker}`
    case 'PartitionModifications':
      return `${event.kind} ${event.topic}`
    case 'UncleanElectionEnabled':
      return `${event.kind} ${event.topic ?? ''}`
    default:
      return null
  }
}
