import { area, counter, gauge } from '../define.ts'

/**
 * Replicas on this broker and how well they keep up. Sources: kafka.server.ReplicaManager, kafka.cluster.Partition,
 * kafka.server.AbstractFetcherManager, FetchSessionCache and DelayedOperationPurgatory.
 */
export const replication = area('Replication', {
  kafka_server_kafkaserver_brokerstate: gauge({
    unit: 'state',
    doc: 'Where the broker is in its life: 0 not running, 1 starting, 2 recovering logs, 3 running, 6 handing leadership away, 7 shutting down.',
  }),
  kafka_server_replicamanager_partitioncount: gauge({
    unit: 'replicas',
    doc: 'Replicas that this broker hosts, as leader or follower.',
  }),
  kafka_server_replicamanager_leadercount: gauge({
    unit: 'partitions',
    doc: 'Partitions that this broker leads.',
  }),
  kafka_server_replicamanager_offlinereplicacount: gauge({
    unit: 'replicas',
    doc: 'Replicas of this broker that lie in a failed log directory.',
  }),
  kafka_server_replicamanager_underreplicatedpartitions: gauge({
    unit: 'partitions',
    doc: 'Partitions led here with fewer in-sync replicas than replicas. Above 0 for long: a broker is down or slow.',
  }),
  kafka_server_replicamanager_underminisrpartitioncount: gauge({
    unit: 'partitions',
    doc: 'Partitions led here with fewer in-sync replicas than min.insync.replicas: they refuse acks=all.',
  }),
  kafka_server_replicamanager_atminisrpartitioncount: gauge({
    unit: 'partitions',
    doc: 'Partitions led here with exactly min.insync.replicas in sync: one more loss stops acks=all.',
  }),
  kafka_server_replicamanager_reassigningpartitions: gauge({
    unit: 'partitions',
    doc: 'Partitions led here whose replicas are being moved.',
  }),
  kafka_server_replicamanager_produceridcount: gauge({
    unit: 'producers',
    doc: 'Idempotent and transactional producers remembered, summed over the replicas here.',
  }),
  kafka_server_replicamanager_partitionswithlatetransactionscount: gauge({
    unit: 'partitions',
    doc: 'Partitions with a transaction that is open for longer than the transaction timeout allows.',
  }),
  kafka_server_replicamanager_isrshrinks_total: counter({
    unit: 'changes',
    doc: 'Times that a leader here took a replica out of the in-sync set.',
  }),
  kafka_server_replicamanager_isrexpands_total: counter({
    unit: 'changes',
    doc: 'Times that a leader here took a replica back into the in-sync set.',
  }),
  kafka_server_replicamanager_failedisrupdates_total: counter({
    unit: 'changes',
    doc: 'Changes of an in-sync set that the controller refused.',
  }),
  kafka_cluster_partition_replicascount: gauge({
    labels: ['topic', 'partition'],
    unit: 'replicas',
    doc: 'Replicas of a partition; 0 where this broker does not lead it.',
  }),
  kafka_cluster_partition_insyncreplicascount: gauge({
    labels: ['topic', 'partition'],
    unit: 'replicas',
    doc: 'In-sync replicas of a partition; 0 where this broker does not lead it.',
  }),
  kafka_cluster_partition_underreplicated: gauge({
    labels: ['topic', 'partition'],
    unit: '0 or 1',
    doc: '1 where this broker leads the partition and not every replica is in sync.',
  }),
  kafka_cluster_partition_underminisr: gauge({
    labels: ['topic', 'partition'],
    unit: '0 or 1',
    doc: '1 where this broker leads the partition and fewer than min.insync.replicas are in sync.',
  }),
  kafka_cluster_partition_atminisr: gauge({
    labels: ['topic', 'partition'],
    unit: '0 or 1',
    doc: '1 where this broker leads the partition and exactly min.insync.replicas are in sync.',
  }),
  kafka_cluster_partition_laststableoffsetlag: gauge({
    labels: ['topic', 'partition'],
    unit: 'offsets',
    doc: 'How far the last stable offset is behind the high watermark: what open transactions hide from read_committed.',
  }),
  kafka_server_replicafetchermanager_maxlag: gauge({
    labels: ['clientId'],
    unit: 'offsets',
    doc: 'The largest distance of a follower here from its leader.',
  }),
  kafka_server_replicafetchermanager_minfetchrate: gauge({
    labels: ['clientId'],
    unit: 'requests per second',
    doc: 'Fetches per second, over the last minute, of the slowest fetcher.',
  }),
  kafka_server_replicafetchermanager_deadthreadcount: gauge({
    labels: ['clientId'],
    unit: 'fetchers',
    doc: 'Fetchers that have ended although they should run.',
  }),
  kafka_server_replicafetchermanager_failedpartitionscount: gauge({
    labels: ['clientId'],
    unit: 'partitions',
    doc: 'Followers here whose fetching stopped because of an error in their log.',
  }),
  kafka_server_replicaalterlogdirsmanager_maxlag: gauge({
    labels: ['clientId'],
    unit: 'offsets',
    doc: 'The largest distance of a replica that moves between log directories from the one that it replaces.',
  }),
  kafka_server_fetcherlagmetrics_consumerlag: gauge({
    labels: ['clientId', 'topic', 'partition'],
    unit: 'offsets',
    doc: 'How far a follower here is behind its leader.',
  }),
  kafka_server_fetchsessioncache_numincrementalfetchsessions: gauge({
    unit: 'sessions',
    doc: 'Incremental fetch sessions that are remembered.',
  }),
  kafka_server_fetchsessioncache_numincrementalfetchpartitionscached: gauge({
    unit: 'partitions',
    doc: 'Partitions in all incremental fetch sessions.',
  }),
  kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total: counter({
    unit: 'sessions',
    doc: 'Incremental fetch sessions given up to make room for others.',
  }),
  kafka_server_delayedoperationpurgatory_purgatorysize: gauge({
    labels: ['delayedOperation'],
    unit: 'keys',
    doc: 'Entries that waiting requests of a kind have in the lists of what they wait for.',
  }),
  kafka_server_delayedoperationpurgatory_numdelayedoperations: gauge({
    labels: ['delayedOperation'],
    unit: 'requests',
    doc: 'Requests of a kind that wait for a condition or their deadline.',
  }),
})
