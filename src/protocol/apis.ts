import { api } from './api.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from './messages/add-partitions-to-txn.ts'
import { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from './messages/allocate-producer-ids.ts'
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from './messages/alter-client-quotas.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from './messages/alter-configs.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './messages/alter-partition-reassignments.ts'
import { AlterPartitionRequest, AlterPartitionResponse } from './messages/alter-partition.ts'
import { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from './messages/alter-replica-log-dirs.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from './messages/alter-user-scram-credentials.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from './messages/api-versions.ts'
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from './messages/consumer-group-describe.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from './messages/consumer-group-heartbeat.ts'
import { ControlledShutdownRequest, ControlledShutdownResponse } from './messages/controlled-shutdown.ts'
import { CreateAclsRequest, CreateAclsResponse } from './messages/create-acls.ts'
import {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from './messages/create-delegation-token.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from './messages/create-partitions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from './messages/create-topics.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from './messages/delete-acls.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from './messages/delete-groups.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from './messages/delete-records.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from './messages/delete-topics.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from './messages/describe-acls.ts'
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from './messages/describe-client-quotas.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from './messages/describe-cluster.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from './messages/describe-configs.ts'
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from './messages/describe-delegation-token.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from './messages/describe-groups.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from './messages/describe-log-dirs.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from './messages/describe-producers.ts'
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from './messages/describe-transactions.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './messages/describe-user-scram-credentials.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from './messages/elect-leaders.ts'
import { EndTxnRequest, EndTxnResponse } from './messages/end-txn.ts'
import { EnvelopeRequest, EnvelopeResponse } from './messages/envelope.ts'
import {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from './messages/expire-delegation-token.ts'
import { FetchRequest, FetchResponse } from './messages/fetch.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from './messages/find-coordinator.ts'
import { HeartbeatRequest, HeartbeatResponse } from './messages/heartbeat.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from './messages/incremental-alter-configs.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from './messages/init-producer-id.ts'
import { JoinGroupRequest, JoinGroupResponse } from './messages/join-group.ts'
import { LeaderAndIsrRequest, LeaderAndIsrResponse } from './messages/leader-and-isr.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from './messages/leave-group.ts'
import { ListGroupsRequest, ListGroupsResponse } from './messages/list-groups.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from './messages/list-offsets.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './messages/list-partition-reassignments.ts'
import { ListTransactionsRequest, ListTransactionsResponse } from './messages/list-transactions.ts'
import { MetadataRequest, MetadataResponse } from './messages/metadata.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from './messages/offset-commit.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from './messages/offset-delete.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from './messages/offset-fetch.ts'
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from './messages/offset-for-leader-epoch.ts'
import { ProduceRequest, ProduceResponse } from './messages/produce.ts'
import {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from './messages/renew-delegation-token.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from './messages/sasl-authenticate.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from './messages/sasl-handshake.ts'
import { StopReplicaRequest, StopReplicaResponse } from './messages/stop-replica.ts'
import { SyncGroupRequest, SyncGroupResponse } from './messages/sync-group.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './messages/txn-offset-commit.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from './messages/update-features.ts'
import { UpdateMetadataRequest, UpdateMetadataResponse } from './messages/update-metadata.ts'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './messages/write-txn-markers.ts'
import { inVersions, type InputOf, type TypeOf } from './schema.ts'

/**
 * THE API table: every API that Kafka 3.9 advertises in ZooKeeper mode, in the order of the keys. Inter-broker APIs
 * are advertised on all listeners; what keeps clients off them is authorization.
 * Source: org.apache.kafka.common.protocol.ApiKeys, listener `zkBroker`.
 */
export const apis = {
  Produce: api(0, 'partition-leader', ProduceRequest, ProduceResponse, { quota: 'produce' }),
  Fetch: api(1, 'partition-leader', FetchRequest, FetchResponse, {
    quota: 'fetch',
    note: 'Consumers may read from a follower from version 11 on.',
  }),
  ListOffsets: api(2, 'partition-leader', ListOffsetsRequest, ListOffsetsResponse),
  Metadata: api(3, 'any', MetadataRequest, MetadataResponse),
  LeaderAndIsr: api(4, 'named-broker', LeaderAndIsrRequest, LeaderAndIsrResponse, {
    quota: 'exempt',
    clusterAction: true,
  }),
  StopReplica: api(5, 'named-broker', StopReplicaRequest, StopReplicaResponse, {
    quota: 'exempt',
    clusterAction: true,
  }),
  UpdateMetadata: api(6, 'named-broker', UpdateMetadataRequest, UpdateMetadataResponse, {
    quota: 'exempt',
    clusterAction: true,
  }),
  ControlledShutdown: api(7, 'controller', ControlledShutdownRequest, ControlledShutdownResponse, {
    quota: 'exempt',
    clusterAction: true,
  }),
  OffsetCommit: api(8, 'group-coordinator', OffsetCommitRequest, OffsetCommitResponse, {
    note: 'Version 0 is for any broker, which keeps the offsets in ZooKeeper.',
  }),
  OffsetFetch: api(9, 'group-coordinator', OffsetFetchRequest, OffsetFetchResponse, {
    note: 'Version 0 is for any broker, which reads ZooKeeper.',
  }),
  FindCoordinator: api(10, 'any', FindCoordinatorRequest, FindCoordinatorResponse),
  JoinGroup: api(11, 'group-coordinator', JoinGroupRequest, JoinGroupResponse),
  Heartbeat: api(12, 'group-coordinator', HeartbeatRequest, HeartbeatResponse),
  LeaveGroup: api(13, 'group-coordinator', LeaveGroupRequest, LeaveGroupResponse),
  SyncGroup: api(14, 'group-coordinator', SyncGroupRequest, SyncGroupResponse),
  DescribeGroups: api(15, 'group-coordinator', DescribeGroupsRequest, DescribeGroupsResponse),
  ListGroups: api(16, 'every-broker', ListGroupsRequest, ListGroupsResponse),
  SaslHandshake: api(17, 'any', SaslHandshakeRequest, SaslHandshakeResponse, { beforeLogin: true }),
  ApiVersions: api(18, 'any', ApiVersionsRequest, ApiVersionsResponse, { beforeLogin: true }),
  CreateTopics: api(19, 'controller', CreateTopicsRequest, CreateTopicsResponse, {
    quota: 'controller-mutation',
    strictQuotaFrom: 6,
  }),
  DeleteTopics: api(20, 'controller', DeleteTopicsRequest, DeleteTopicsResponse, {
    quota: 'controller-mutation',
    strictQuotaFrom: 5,
  }),
  DeleteRecords: api(21, 'partition-leader', DeleteRecordsRequest, DeleteRecordsResponse),
  InitProducerId: api(22, 'transaction-coordinator', InitProducerIdRequest, InitProducerIdResponse, {
    note: 'Without a transactional id it is for any broker.',
  }),
  OffsetForLeaderEpoch: api(
    23,
    'partition-leader',
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
  ),
  AddPartitionsToTxn: api(
    24,
    'transaction-coordinator',
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    { note: 'Versions 4 and 5 come from partition leaders and need CLUSTER_ACTION.' },
  ),
  AddOffsetsToTxn: api(25, 'transaction-coordinator', AddOffsetsToTxnRequest, AddOffsetsToTxnResponse),
  EndTxn: api(26, 'transaction-coordinator', EndTxnRequest, EndTxnResponse),
  WriteTxnMarkers: api(27, 'partition-leader', WriteTxnMarkersRequest, WriteTxnMarkersResponse, {
    quota: 'exempt',
    clusterAction: true,
  }),
  TxnOffsetCommit: api(28, 'group-coordinator', TxnOffsetCommitRequest, TxnOffsetCommitResponse),
  DescribeAcls: api(29, 'any', DescribeAclsRequest, DescribeAclsResponse),
  CreateAcls: api(30, 'any', CreateAclsRequest, CreateAclsResponse),
  DeleteAcls: api(31, 'any', DeleteAclsRequest, DeleteAclsResponse),
  DescribeConfigs: api(32, 'any-or-named-broker', DescribeConfigsRequest, DescribeConfigsResponse),
  AlterConfigs: api(33, 'any-or-named-broker', AlterConfigsRequest, AlterConfigsResponse),
  AlterReplicaLogDirs: api(34, 'named-broker', AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse),
  DescribeLogDirs: api(35, 'named-broker', DescribeLogDirsRequest, DescribeLogDirsResponse),
  SaslAuthenticate: api(36, 'any', SaslAuthenticateRequest, SaslAuthenticateResponse, { beforeLogin: true }),
  CreatePartitions: api(37, 'controller', CreatePartitionsRequest, CreatePartitionsResponse, {
    quota: 'controller-mutation',
    strictQuotaFrom: 3,
  }),
  CreateDelegationToken: api(38, 'any', CreateDelegationTokenRequest, CreateDelegationTokenResponse),
  RenewDelegationToken: api(39, 'any', RenewDelegationTokenRequest, RenewDelegationTokenResponse),
  ExpireDelegationToken: api(40, 'any', ExpireDelegationTokenRequest, ExpireDelegationTokenResponse),
  DescribeDelegationToken: api(41, 'any', DescribeDelegationTokenRequest, DescribeDelegationTokenResponse),
  DeleteGroups: api(42, 'group-coordinator', DeleteGroupsRequest, DeleteGroupsResponse),
  ElectLeaders: api(43, 'controller', ElectLeadersRequest, ElectLeadersResponse),
  IncrementalAlterConfigs: api(
    44,
    'any-or-named-broker',
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
  ),
  AlterPartitionReassignments: api(
    45,
    'controller',
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
  ),
  ListPartitionReassignments: api(
    46,
    'controller',
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
  ),
  OffsetDelete: api(47, 'group-coordinator', OffsetDeleteRequest, OffsetDeleteResponse),
  DescribeClientQuotas: api(48, 'any', DescribeClientQuotasRequest, DescribeClientQuotasResponse),
  AlterClientQuotas: api(49, 'any', AlterClientQuotasRequest, AlterClientQuotasResponse),
  DescribeUserScramCredentials: api(
    50,
    'any',
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse,
  ),
  AlterUserScramCredentials: api(
    51,
    'controller',
    AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsResponse,
  ),
  AlterPartition: api(56, 'controller', AlterPartitionRequest, AlterPartitionResponse, {
    quota: 'exempt',
    clusterAction: true,
  }),
  UpdateFeatures: api(57, 'controller', UpdateFeaturesRequest, UpdateFeaturesResponse),
  Envelope: api(58, 'controller', EnvelopeRequest, EnvelopeResponse, {
    quota: 'exempt',
    clusterAction: true,
    note: 'Advertised, but of no use without a migration to KRaft: the connection is closed.',
  }),
  DescribeCluster: api(60, 'any', DescribeClusterRequest, DescribeClusterResponse),
  DescribeProducers: api(61, 'partition-leader', DescribeProducersRequest, DescribeProducersResponse),
  DescribeTransactions: api(
    65,
    'transaction-coordinator',
    DescribeTransactionsRequest,
    DescribeTransactionsResponse,
  ),
  ListTransactions: api(66, 'every-broker', ListTransactionsRequest, ListTransactionsResponse),
  AllocateProducerIds: api(67, 'controller', AllocateProducerIdsRequest, AllocateProducerIdsResponse, {
    clusterAction: true,
  }),
  ConsumerGroupHeartbeat: api(
    68,
    'group-coordinator',
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse,
    { note: 'Advertised, but answered with UNSUPPORTED_VERSION in a cluster with ZooKeeper.' },
  ),
  ConsumerGroupDescribe: api(
    69,
    'group-coordinator',
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
    { note: 'Advertised, but answered with UNSUPPORTED_VERSION in a cluster with ZooKeeper.' },
  ),
}

/** The name of an API: its handler, its messages and its tests go by it. */
export type ApiName = keyof typeof apis

/** A request as its handler gets it: every field is there. */
export type RequestOf<N extends ApiName> = TypeOf<(typeof apis)[N]['request']>
/** A request as its sender gives it: fields with a default may be left out. */
export type RequestInput<N extends ApiName> = InputOf<(typeof apis)[N]['request']>
/** A response as its handler gives it: fields with a default may be left out. */
export type ResponseOf<N extends ApiName> = InputOf<(typeof apis)[N]['response']>
/** A response as its receiver gets it: every field is there. */
export type ResponseRead<N extends ApiName> = TypeOf<(typeof apis)[N]['response']>

/** Every API name, in the order of the keys. */
export const apiNames = Object.freeze(Object.keys(apis)) as readonly ApiName[]

const nameByKey: ReadonlyMap<number, ApiName> = new Map(apiNames.map((name) => [apis[name].key, name]))

/** The name of the API with that key, or null when there is none. */
export function apiByKey(key: number): ApiName | null {
  return nameByKey.get(key) ?? null
}

/** Whether the API has that version. */
export function hasVersion(name: ApiName, version: number): boolean {
  return inVersions(apis[name].request.versions, version)
}
