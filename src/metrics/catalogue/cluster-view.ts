import { area, gauge } from '../define.ts'

/**
 * The cluster and the lag of its consumers, under the names of kafka_exporter, so that its dashboards work without
 * it. They say the same on every broker: only the controller shows them, or a broker that is asked to.
 */
export const clusterView = area('Cluster', {
  kafka_brokers: gauge({ scope: 'cluster', unit: 'brokers', doc: 'Brokers that are alive.' }),
  kafka_broker_info: gauge({
    labels: ['id', 'address'],
    scope: 'cluster',
    unit: '1',
    doc: '1 for each broker that is alive, with its address.',
  }),
  kafka_topic_partitions: gauge({
    labels: ['topic'],
    scope: 'cluster',
    unit: 'partitions',
    doc: 'Partitions of a topic.',
  }),
  kafka_topic_partition_current_offset: gauge({
    labels: ['topic', 'partition'],
    scope: 'cluster',
    unit: 'offset',
    doc: 'The offset after the last record that consumers may see.',
  }),
  kafka_topic_partition_oldest_offset: gauge({
    labels: ['topic', 'partition'],
    scope: 'cluster',
    unit: 'offset',
    doc: 'The first offset that may still be read.',
  }),
  kafka_topic_partition_in_sync_replica: gauge({
    labels: ['topic', 'partition'],
    scope: 'cluster',
    unit: 'replicas',
    doc: 'In-sync replicas of a partition.',
  }),
  kafka_topic_partition_leader: gauge({
    labels: ['topic', 'partition'],
    scope: 'cluster',
    unit: 'broker id',
    doc: 'The broker that leads a partition; -1 for none.',
  }),
  kafka_topic_partition_leader_is_preferred: gauge({
    labels: ['topic', 'partition'],
    scope: 'cluster',
    unit: '0 or 1',
    doc: '1 where the first of the assigned replicas leads.',
  }),
  kafka_topic_partition_replicas: gauge({
    labels: ['topic', 'partition'],
    scope: 'cluster',
    unit: 'replicas',
    doc: 'Replicas assigned to a partition.',
  }),
  kafka_topic_partition_under_replicated_partition: gauge({
    labels: ['topic', 'partition'],
    scope: 'cluster',
    unit: '0 or 1',
    doc: '1 where not every assigned replica is in sync.',
  }),
  kafka_consumergroup_members: gauge({
    labels: ['consumergroup'],
    scope: 'cluster',
    unit: 'members',
    doc: 'Members of a group.',
  }),
  kafka_consumergroup_current_offset: gauge({
    labels: ['consumergroup', 'topic', 'partition'],
    scope: 'cluster',
    unit: 'offset',
    doc: 'The offset that a group has committed in __consumer_offsets.',
  }),
  kafka_consumergroup_current_offset_sum: gauge({
    labels: ['consumergroup', 'topic'],
    scope: 'cluster',
    unit: 'offset',
    doc: 'The committed offsets of a group, summed over the partitions of a topic.',
  }),
  kafka_consumergroup_lag: gauge({
    labels: ['consumergroup', 'topic', 'partition'],
    scope: 'cluster',
    unit: 'records',
    doc: 'How far a committed offset is behind the end of its partition; -1 where nothing is committed.',
  }),
  kafka_consumergroup_lag_sum: gauge({
    labels: ['consumergroup', 'topic'],
    scope: 'cluster',
    unit: 'records',
    doc: 'The lag of a group, summed over the partitions of a topic.',
  }),
  kafka_consumergroupzookeeper_lag_zookeeper: gauge({
    labels: ['consumergroup', 'topic', 'partition'],
    scope: 'cluster',
    unit: 'records',
    doc: 'How far an offset kept in ZooKeeper, as old consumers do, is behind the end of its partition.',
  }),
})
