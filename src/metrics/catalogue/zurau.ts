import { area, counter, gauge, summary } from '../define.ts'

/** What Kafka has no name for. Base units and names as Prometheus advises. */
export const zurau = area('Zürau', {
  zurau_build_info: gauge({ labels: ['version'], unit: '1', doc: 'Always 1; the label tells the version.' }),
  zurau_event_loop_delay_seconds: summary({
    unit: 's',
    doc: 'How late a timer runs, asked ten times a second: what a request may have to wait for the event loop.',
  }),
  zurau_offsets_commit_seconds: summary({
    labels: ['store'],
    unit: 's',
    doc: 'Committing the offsets of one request, by where they are kept: zookeeper or kafka.',
  }),
  zurau_offsets_drift: gauge({
    labels: ['group'],
    unit: 'offsets',
    doc: 'The largest difference between the offsets of a group in ZooKeeper and in __consumer_offsets.',
  }),
  zurau_offsets_owed: gauge({
    unit: 'offsets',
    doc: 'Offsets of groups that commit to both stores which are in __consumer_offsets and not in ZooKeeper yet.',
  }),
  zurau_offsets_repaired_total: counter({
    unit: 'offsets',
    doc: 'Offsets that the broker has brought to ZooKeeper because a commit to both stores had reached only one.',
  }),
  zurau_consumergroup_lag_seconds: gauge({
    labels: ['consumergroup', 'topic'],
    scope: 'cluster',
    unit: 's',
    doc: 'The age of the oldest record that a group has not committed, the worst over the partitions of a topic.',
  }),
  zurau_drill_active: gauge({ labels: ['drill'], unit: '0 or 1', doc: '1 while a drill runs.' }),
  zurau_drill_records_total: counter({
    labels: ['drill', 'outcome'],
    unit: 'records',
    doc: "A drill's own records, by what became of them: acknowledged, refused, lost, duplicated.",
  }),
  zurau_drill_write_gap_seconds: gauge({
    labels: ['drill'],
    unit: 's',
    doc: 'The longest time in which none of a drill’s writes was acknowledged.',
  }),
  zurau_metrics_series: gauge({
    unit: 'series',
    doc: 'Series that are kept in memory, without those that are computed at each scrape.',
  }),
  zurau_metrics_dropped_series_total: counter({
    unit: 'series',
    doc: 'Label sets that were turned away because a metric had too many.',
  }),
  zurau_metrics_failed_reads_total: counter({
    unit: 'reads',
    doc: 'Values missing from a scrape because computing them failed.',
  }),
})
