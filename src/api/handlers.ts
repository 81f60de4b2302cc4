import type { LiveBrokerConfig } from '../config/live-config.ts'
import type { Controller } from '../controller/controller.ts'
import type { TopicAdmin } from '../controller/topic-admin.ts'
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { OffsetStores } from '../coordinator/offsets/offset-stores.ts'
import { CoordinatorPartitions } from '../coordinator/partition-lookup.ts'
import type { ProducerIds } from '../coordinator/transaction/producer-ids.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { ConfigAdmin } from '../metadata/config-admin.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { TopicConfigs } from '../metadata/topic-configs.ts'
import type { BrokerEpoch, BrokerId, PartitionIndex } from '../model/ids.ts'
import { TRANSACTIONS_TOPIC } from '../model/topic-name.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import type { QuotaAdmin } from '../quota/quota-admin.ts'
import type { FetchSessionCache } from '../replication/fetch-session-cache.ts'
import type { LogDirMover } from '../replication/log-dir-mover.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { TopicMetricsTable } from '../replication/topic-metrics.ts'
import type { ScramAdmin } from '../security/scram-admin.ts'
import { allocateProducerIds } from './allocate-producer-ids.ts'
import { alterClientQuotas } from './alter-client-quotas.ts'
import { alterConfigs } from './alter-configs.ts'
import { alterPartitionReassignments } from './alter-partition-reassignments.ts'
import { alterPartition } from './alter-partition.ts'
import { alterReplicaLogDirs } from './alter-replica-log-dirs.ts'
import { alterUserScramCredentials } from './alter-user-scram-credentials.ts'
import { apiVersions } from './api-versions.ts'
import { consumerGroupDescribe } from './consumer-group-describe.ts'
import { consumerGroupHeartbeat } from './consumer-group-heartbeat.ts'
import { controlledShutdown } from './controlled-shutdown.ts'
import { createAcls } from './create-acls.ts'
import { createDelegationToken } from './create-delegation-token.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteGroups } from './delete-groups.ts'
import { deleteAcls } from './delete-acls.ts'
import { deleteRecords } from './delete-records.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeAcls } from './describe-acls.ts'
import { describeClientQuotas } from './describe-client-quotas.ts'
import { describeCluster } from './describe-cluster.ts'
import { describeConfigs } from './describe-configs.ts'
import { describeGroups } from './describe-groups.ts'
import { describeDelegationToken } from './describe-delegation-token.ts'
import { describeLogDirs } from './describe-log-dirs.ts'
import { describeProducers } from './describe-producers.ts'
import { describeUserScramCredentials } from './describe-user-scram-credentials.ts'
import { electLeaders } from './elect-leaders.ts'
import { envelope } from './envelope.ts'
import { expireDelegationToken } from './expire-delegation-token.ts'
import { fetch } from './fetch.ts'
import { findCoordinator } from './find-coordinator.ts'
import type { Handlers } from './handler.ts'
import { heartbeat } from './heartbeat.ts'
import { incrementalAlterConfigs, type LoggerControl } from './incremental-alter-configs.ts'
import { initProducerId } from './init-producer-id.ts'
import { joinGroup } from './join-group.ts'
import { leaderAndIsr } from './leader-and-isr.ts'
import { leaveGroup } from './leave-group.ts'
import { listGroups } from './list-groups.ts'
import { listOffsets } from './list-offsets.ts'
import { listPartitionReassignments } from './list-partition-reassignments.ts'
import { metadata } from './metadata.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { renewDelegationToken } from './renew-delegation-token.ts'
import { saslAuthenticate } from './sasl-authenticate.ts'
import { saslHandshake } from './sasl-handshake.ts'
import { stopReplica } from './stop-replica.ts'
import { syncGroup } from './sync-group.ts'
import { updateFeatures } from './update-features.ts'
import { updateMetadata } from './update-metadata.ts'
import { writeTxnMarkers } from './write-txn-markers.ts'

/** The components that handlers call. */
export interface BrokerServices {
  readonly self: BrokerId
  readonly clusterId: string
  readonly clock: Clock
  readonly logger: Logger
  readonly config: LiveBrokerConfig
  readonly cache: MetadataCache
  readonly topicConfigs: TopicConfigs
  readonly logs: LogManager
  readonly disk: Disk
  readonly replicas: ReplicaManager
  readonly mover: LogDirMover
  readonly sessions: FetchSessionCache
  readonly metrics: TopicMetricsTable
  readonly controller: Controller
  readonly topicAdmin: TopicAdmin
  readonly configAdmin: ConfigAdmin
  readonly quotaAdmin: QuotaAdmin
  readonly scramAdmin: ScramAdmin
  readonly producerIds: ProducerIds
  readonly groups: GroupCoordinator
  readonly offsets: OffsetStores
  /** Where requests wait for partitions, keyed by partition. */
  readonly fetches: Purgatory
  /** Where requests wait for topics to come and go, keyed by topic. */
  readonly topics: Purgatory
  readonly brokerEpoch: () => BrokerEpoch
  readonly loggers: LoggerControl
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
  const { cache, config, topicConfigs, topicAdmin, loggers, onMetadataChange } = services
  const transactions = new CoordinatorPartitions({
    initial: null,
    countOf: () => cache.topic(TRANSACTIONS_TOPIC)?.partitions.size ?? 0,
    configured: () => config.get('transaction.state.log.num.partitions'),
  })
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
    OffsetCommit: offsetCommit(services),
    OffsetFetch: offsetFetch(services),
    FindCoordinator: findCoordinator({
      ...services,
      partitionOfGroup: (group) => services.groups.partitionOf(group),
      partitionOfTransaction: (transactionalId) => transactions.of(transactionalId),
      autoCreate: (topics) => topicAdmin.autoCreate(topics),
    }),
    JoinGroup: joinGroup(services),
    Heartbeat: heartbeat(services),
    LeaveGroup: leaveGroup(services),
    SyncGroup: syncGroup(services),
    DescribeGroups: describeGroups(services),
    ListGroups: listGroups(services),
    SaslHandshake: saslHandshake(),
    ApiVersions: apiVersions({ ...services, handlers: () => handlers }),
    CreateTopics: createTopics({ ...services, brokerConfig: () => config.current }),
    DeleteTopics: deleteTopics({ ...services, isEnabled: () => config.get('delete.topic.enable') }),
    DeleteRecords: deleteRecords(services),
    InitProducerId: initProducerId(services),
    OffsetForLeaderEpoch: offsetForLeaderEpoch(services),
    AddPartitionsToTxn: null,
    AddOffsetsToTxn: null,
    EndTxn: null,
    WriteTxnMarkers: writeTxnMarkers(services),
    TxnOffsetCommit: null,
    DescribeAcls: describeAcls(),
    CreateAcls: createAcls(),
    DeleteAcls: deleteAcls(),
    DescribeConfigs: describeConfigs({
      ...services,
      brokerConfig: () => config.current,
      readTopics: (topics) => topicConfigs.read(topics),
      loggerLevels: () => loggers.levels(),
    }),
    AlterConfigs: alterConfigs(services),
    AlterReplicaLogDirs: alterReplicaLogDirs(services),
    DescribeLogDirs: describeLogDirs(services),
    SaslAuthenticate: saslAuthenticate(),
    CreatePartitions: createPartitions(services),
    CreateDelegationToken: createDelegationToken(),
    RenewDelegationToken: renewDelegationToken(),
    ExpireDelegationToken: expireDelegationToken(),
    DescribeDelegationToken: describeDelegationToken(),
    DeleteGroups: deleteGroups(services),
    ElectLeaders: electLeaders(services),
    IncrementalAlterConfigs: incrementalAlterConfigs(services),
    AlterPartitionReassignments: alterPartitionReassignments(services),
    ListPartitionReassignments: listPartitionReassignments(services),
    OffsetDelete: offsetDelete(services),
    DescribeClientQuotas: describeClientQuotas(services),
    AlterClientQuotas: alterClientQuotas(services),
    DescribeUserScramCredentials: describeUserScramCredentials(services),
    AlterUserScramCredentials: alterUserScramCredentials(services),
    AlterPartition: alterPartition(services),
    UpdateFeatures: updateFeatures(services),
    Envelope: envelope(),
    DescribeCluster: describeCluster(services),
    DescribeProducers: describeProducers(services),
    DescribeTransactions: null,
    ListTransactions: null,
    AllocateProducerIds: allocateProducerIds(services),
    ConsumerGroupHeartbeat: consumerGroupHeartbeat(),
    ConsumerGroupDescribe: consumerGroupDescribe(),
  }
  return handlers
}
