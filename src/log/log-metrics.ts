import type { Metrics } from '../metrics/registry.ts'
import type { Log } from './log.ts'
import type { LogManager } from './log-manager.ts'

/** Shows what the logs, their directories and the cleaner have to say, asked at every scrape. */
export function collectLogMetrics(metrics: Metrics, logs: LogManager): void {
  collectSizes(metrics, logs)
  collectDirectories(metrics, logs)
  collectCleaner(metrics, logs)
}

function collectSizes(metrics: Metrics, logs: LogManager): void {
  const ofEach = (
    name: 'size' | 'logstartoffset' | 'logendoffset' | 'numlogsegments',
    valueOf: (log: Log) => number,
  ) =>
    metrics.collect(`kafka_log_log_${name}`, (emit) => {
      for (const log of logs.logs()) emit(valueOf(log), log.topicPartition)
    })
  ofEach('size', (log) => log.sizeBytes)
  ofEach('logstartoffset', (log) => log.logStartOffset)
  ofEach('logendoffset', (log) => log.logEndOffset)
  ofEach('numlogsegments', (log) => log.segmentCount)
}

function collectDirectories(metrics: Metrics, logs: LogManager): void {
  metrics.collect('kafka_log_logmanager_offlinelogdirectorycount', (emit) =>
    emit(logs.allDirectories.filter(({ isOnline }) => !isOnline).length),
  )
  metrics.collect('kafka_log_logmanager_logdirectoryoffline', (emit) => {
    for (const { path, isOnline } of logs.allDirectories) emit(isOnline ? 0 : 1, { logDirectory: path })
  })
}

function collectCleaner(metrics: Metrics, logs: LogManager): void {
  const { cleaner } = logs
  const percent = (ratio: number): number => Math.trunc(ratio * 100)
  metrics.collect('kafka_log_logcleaner_cleaner_recopy_percent', (emit) =>
    emit(percent(cleaner.status.recopyRatio)),
  )
  metrics.collect('kafka_log_logcleaner_max_buffer_utilization_percent', (emit) =>
    emit(percent(cleaner.status.mapUtilization)),
  )
  metrics.collect('kafka_log_logcleaner_max_clean_time_secs', (emit) =>
    emit(Math.trunc(cleaner.status.roundSeconds)),
  )
  metrics.collect('kafka_log_logcleaner_max_compaction_delay_secs', (emit) =>
    emit(Math.trunc(cleaner.status.delaySeconds)),
  )
  metrics.collect('kafka_log_logcleaner_deadthreadcount', (emit) => emit(cleaner.status.deadCleaners))
  metrics.collect('kafka_log_logcleanermanager_max_dirty_percent', (emit) =>
    emit(percent(cleaner.status.maxDirtyRatio)),
  )
  metrics.collect('kafka_log_logcleanermanager_time_since_last_run_ms', (emit) =>
    emit(cleaner.status.msSinceLastRun),
  )
  metrics.collect('kafka_log_logcleanermanager_uncleanable_partitions_count', (emit) => {
    for (const directory of logs.onlineDirectories)
      emit(cleaner.uncleanableIn(directory).length, { logDirectory: directory.path })
  })
  metrics.collect('kafka_log_logcleanermanager_uncleanable_bytes', (emit) => {
    for (const directory of logs.onlineDirectories) {
      let bytes = 0
      for (const log of cleaner.uncleanableIn(directory)) bytes += log.compactionPlan()?.cleanableBytes ?? 0
      emit(bytes, { logDirectory: directory.path })
    }
  })
}
