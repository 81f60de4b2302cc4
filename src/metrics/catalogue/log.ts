import { area, gauge, histogram } from '../define.ts'

/** Logs, log directories and the cleaner. Sources: kafka.log.UnifiedLog, LogManager, LogCleaner, LogCleanerManager. */
export const log = area('Logs', {
  kafka_log_log_size: gauge({
    labels: ['topic', 'partition'],
    unit: 'bytes',
    doc: 'Bytes in the segments of a replica here, without their indexes.',
  }),
  kafka_log_log_logstartoffset: gauge({
    labels: ['topic', 'partition'],
    unit: 'offset',
    doc: 'The first offset that may still be read.',
  }),
  kafka_log_log_logendoffset: gauge({
    labels: ['topic', 'partition'],
    unit: 'offset',
    doc: 'The offset that the next record will get.',
  }),
  kafka_log_log_numlogsegments: gauge({
    labels: ['topic', 'partition'],
    unit: 'segments',
    doc: 'Segment files of a replica here.',
  }),
  kafka_log_logmanager_offlinelogdirectorycount: gauge({
    unit: 'directories',
    doc: 'Log directories that failed and are not used until the broker starts again.',
  }),
  kafka_log_logmanager_logdirectoryoffline: gauge({
    labels: ['logDirectory'],
    unit: '0 or 1',
    doc: '1 for a log directory that has failed.',
  }),
  kafka_log_logflushstats_logflushrateandtimems: histogram({
    unit: 'ms',
    doc: 'Making a log durable (fdatasync).',
  }),
  kafka_log_logcleaner_cleaner_recopy_percent: gauge({
    unit: 'percent',
    doc: 'Of the bytes that the last compaction read, the part that it had to write again.',
  }),
  kafka_log_logcleaner_max_buffer_utilization_percent: gauge({
    unit: 'percent',
    doc: "How full the cleaner's offset map was in the last compaction.",
  }),
  kafka_log_logcleaner_max_clean_time_secs: gauge({
    unit: 's',
    doc: 'How long the last compaction of a log took.',
  }),
  kafka_log_logcleaner_max_compaction_delay_secs: gauge({
    unit: 's',
    doc: 'How much later than max.compaction.lag.ms allows the last compaction began.',
  }),
  kafka_log_logcleaner_deadthreadcount: gauge({
    unit: 'cleaners',
    doc: 'Cleaners that have ended although they should run.',
  }),
  kafka_log_logcleanermanager_max_dirty_percent: gauge({
    unit: 'percent',
    doc: 'The dirtiest compacted log: its part that was not compacted yet.',
  }),
  kafka_log_logcleanermanager_time_since_last_run_ms: gauge({
    unit: 'ms',
    doc: 'Since the cleaner last looked for work.',
  }),
  kafka_log_logcleanermanager_uncleanable_partitions_count: gauge({
    labels: ['logDirectory'],
    unit: 'replicas',
    doc: 'Replicas that the cleaner leaves alone because it failed on them.',
  }),
  kafka_log_logcleanermanager_uncleanable_bytes: gauge({
    labels: ['logDirectory'],
    unit: 'bytes',
    doc: 'Bytes not compacted in replicas that the cleaner leaves alone.',
  }),
})
