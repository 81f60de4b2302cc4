import { area, counter, gauge } from '../define.ts'

/**
 * Groups and transactions that this broker coordinates. Sources: kafka.coordinator.group.GroupMetadataManager,
 * kafka.coordinator.transaction.TransactionMarkerChannelManager, and the coordinators' sensors.
 */
export const coordinators = area('Groups and transactions', {
  kafka_coordinator_group_groupmetadatamanager_numgroups: gauge({
    unit: 'groups',
    doc: 'Groups coordinated here.',
  }),
  kafka_coordinator_group_groupmetadatamanager_numgroupspreparingrebalance: gauge({
    unit: 'groups',
    doc: 'Groups that wait for their members to join again.',
  }),
  kafka_coordinator_group_groupmetadatamanager_numgroupscompletingrebalance: gauge({
    unit: 'groups',
    doc: "Groups that wait for their leader's assignment.",
  }),
  kafka_coordinator_group_groupmetadatamanager_numgroupsstable: gauge({
    unit: 'groups',
    doc: 'Groups whose members have their assignments.',
  }),
  kafka_coordinator_group_groupmetadatamanager_numgroupsempty: gauge({
    unit: 'groups',
    doc: 'Groups without members whose offsets are kept.',
  }),
  kafka_coordinator_group_groupmetadatamanager_numgroupsdead: gauge({
    unit: 'groups',
    doc: 'Groups that are being removed.',
  }),
  kafka_coordinator_group_groupmetadatamanager_numoffsets: gauge({
    unit: 'offsets',
    doc: 'Committed offsets that are remembered, one per group and partition.',
  }),
  kafka_server_group_coordinator_metrics_partition_load_time_max: gauge({
    unit: 'ms',
    doc: 'The longest load of a partition of __consumer_offsets in the last five minutes.',
  }),
  kafka_server_group_coordinator_metrics_partition_load_time_avg: gauge({
    unit: 'ms',
    doc: 'The average load of a partition of __consumer_offsets in the last five minutes.',
  }),
  kafka_server_group_coordinator_metrics_offset_commit_count: counter({
    unit: 'offsets',
    doc: 'Offsets committed.',
  }),
  kafka_server_group_coordinator_metrics_offset_expiration_count: counter({
    unit: 'offsets',
    doc: 'Offsets removed because nobody renewed them in time.',
  }),
  kafka_server_group_coordinator_metrics_offset_deletion_count: counter({
    unit: 'offsets',
    doc: 'Offsets removed because somebody asked for it.',
  }),
  kafka_server_group_coordinator_metrics_group_completed_rebalance_count: counter({
    unit: 'rebalances',
    doc: 'Rebalances that ended with an assignment.',
  }),
  kafka_coordinator_transaction_transactionmarkerchannelmanager_unknowndestinationqueuesize: gauge({
    unit: 'markers',
    doc: 'Transaction markers for partitions whose leader is not known.',
  }),
  kafka_coordinator_transaction_transactionmarkerchannelmanager_logappendretryqueuesize: gauge({
    unit: 'transactions',
    doc: 'Finished transactions whose last record could not be appended yet.',
  }),
  kafka_server_transaction_coordinator_metrics_partition_load_time_max: gauge({
    unit: 'ms',
    doc: 'The longest load of a partition of __transaction_state in the last five minutes.',
  }),
  kafka_server_transaction_coordinator_metrics_partition_load_time_avg: gauge({
    unit: 'ms',
    doc: 'The average load of a partition of __transaction_state in the last five minutes.',
  }),
})
