import type { LoggerLevel } from '../config/loggers.ts'
import type { LiveBrokerConfig } from '../config/live-config.ts'
import type { Controller } from '../controller/controller.ts'
import type { TopicAdmin } from '../controller/topic-admin.ts'
import type { ProducerIds } from '../coordinator/transaction/producer-ids.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { TopicConfigs } from '../metadata/topic-configs.ts'
import type { BrokerEpoch, BrokerId, PartitionIndex } from '../model/ids.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import type { FetchSessionCache } from '../replication/fetch-session-cache.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { TopicMetricsTable } from '../replication/topic-metrics.ts'
import { allocateProducerIds } from './allocate-producer-ids.ts'
import { alterPartition } from './alter-partition.ts'
import { apiVersions } from './api-versions.ts'
import { controlledShutdown } from './controlled-shutdown.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeCluster } from './describe-cluster.ts'
import { describeConfigs } from './describe-configs.ts'
import { fetch } from './fetch.ts'
import type { Handlers } from './handler.ts'
import { initProducerId } from './init-producer-id.ts'
import { leaderAndIsr } from './leader-and-isr.ts'
import { listOffsets } from './list-offsets.ts'
import { metadata } from './metadata.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { stopReplica } from './stop-replica.ts'
import { updateMetadata } from './update-metadata.ts'

/** The components that handlers call. */
export interface BrokerServices {
  readonly self: BrokerId
  readonly clusterId: string
  readonly clock: Clock
  readonly logger: Logger
  readonly config: LiveBrokerConfig
  readonly cache: MetadataCache
  readonly topicConfigs: TopicConfigs
  readonly replicas: ReplicaManager
  readonly sessions: FetchSessionCache
  readonly metrics: TopicMetricsTable
  readonly controller: Controller
  readonly topicAdmin: TopicAdmin
  readonly producerIds: ProducerIds
  /** Where requests wait for topics to come and go, keyed by topic. */
  readonly topics: Purgatory
  readonly brokerEpoch: () => BrokerEpoch
  readonly loggerLevels: () => ReadonlyMap<string, LoggerLevel>
  readonly finalizedFeaturesEpoch: () => number
  readonly onMetadataChange: (
    topics: readonly string[],
    deleted: readonly { topic: string; partition: PartitionIndex }[],
  ) => void
}

/**
 * THE handler table: every API of the protocol, by name, or it does not compile. An API that is null here is not
 * advertised, closes the connection when it is asked for, and stands in docs/compatibility.md.
 */
export function createHandlers(services: BrokerServices): Handlers {
  const { config, topicConfigs, topicAdmin, onMetadataChange } = services
  const handlers: Handlers = {
    Produce: produce(services),
    Fetch: fetch({ ...services, maxBytes: () => config.get('fetch.max.bytes') }),
    ListOffsets: listOffsets(services),
    Metadata: metadata({
      ...services,
      autoCreate: (topics) => topicAdmin.autoCreate(topics),
      isAutoCreateEnabled: () => config.get('auto.create.topics.enable'),
    }),
    LeaderAndIsr: leaderAndIsr(services),
    StopReplica: stopReplica(services),
    UpdateMetadata: updateMetadata({ ...services, onChange: onMetadataChange }),
    ControlledShutdown: controlledShutdown(services),
    OffsetCommit: null,
    OffsetFetch: null,
    FindCoordinator: null,
    JoinGroup: null,
    Heartbeat: null,
    LeaveGroup: null,
    SyncGroup: null,
    DescribeGroups: null,
    ListGroups: null,
    SaslHandshake: null,
    ApiVersions: apiVersions({ ...services, handlers: () => handlers }),
    CreateTopics: createTopics({ ...services, brokerConfig: () => config.current }),
    DeleteTopics: deleteTopics({ ...services, isEnabled: () => config.get('delete.topic.enable') }),
    DeleteRecords: null,
    InitProducerId: initProducerId(services),
    OffsetForLeaderEpoch: offsetForLeaderEpoch(services),
    AddPartitionsToTxn: null,
    AddOffsetsToTxn: null,
    EndTxn: null,
    WriteTxnMarkers: null,
    TxnOffsetCommit: null,
    DescribeAcls: null,
    CreateAcls: null,
    DeleteAcls: null,
    DescribeConfigs: describeConfigs({
      ...services,
      brokerConfig: () => config.current,
      topicConfig: (topic) => topicConfigs.get(topic),
    }),
    AlterConfigs: null,
    AlterReplicaLogDirs: null,
    DescribeLogDirs: null,
    SaslAuthenticate: null,
    CreatePartitions: createPartitions(services),
    CreateDelegationToken: null,
    RenewDelegationToken: null,
    ExpireDelegationToken: null,
    DescribeDelegationToken: null,
    DeleteGroups: null,
    ElectLeaders: null,
    IncrementalAlterConfigs: null,
    AlterPartitionReassignments: null,
    ListPartitionReassignments: null,
    OffsetDelete: null,
    DescribeClientQuotas: null,
    AlterClientQuotas: null,
    DescribeUserScramCredentials: null,
    AlterUserScramCredentials: null,
    AlterPartition: alterPartition(services),
    UpdateFeatures: null,
    Envelope: null,
    DescribeCluster: describeCluster(services),
    DescribeProducers: null,
    DescribeTransactions: null,
    ListTransactions: null,
    AllocateProducerIds: allocateProducerIds(services),
    ConsumerGroupHeartbeat: null,
    ConsumerGroupDescribe: null,
  }
  return handlers
}
