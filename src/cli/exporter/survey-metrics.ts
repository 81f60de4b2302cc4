import type { Metrics } from '../../metrics/registry.ts'
import { partitionKey } from '../../model/topic-partition.ts'
import type { GroupPosition, Survey, SurveyedGroup } from './survey.ts'

/**
 * Shows a survey under the names of kafka_exporter, and the lag in seconds under our own. `latest`: null where there is
 * none, or only one that is too old to be believed; nothing is shown then.
 */
export function showSurvey(metrics: Metrics, latest: () => Survey | null): void {
  metrics.collect('kafka_topic_partition_current_offset', (emit) => {
    for (const { topic, partition, end } of latest()?.ends.values() ?? []) emit(end, { topic, partition })
  })
  metrics.collect('kafka_topic_partition_oldest_offset', (emit) => {
    for (const { topic, partition, start } of latest()?.ends.values() ?? []) emit(start, { topic, partition })
  })
  metrics.collect('kafka_consumergroup_members', (emit) => {
    for (const { groupId, members } of latest()?.groups ?? []) emit(members, { consumergroup: groupId })
  })
  metrics.collect('kafka_consumergroup_current_offset', (emit) => {
    const survey = latest()
    for (const { groupId, positions } of survey?.groups ?? []) {
      for (const { topic, partition, offset } of positions) {
        if (offset >= 0) emit(offset, { consumergroup: groupId, topic, partition })
      }
    }
  })
  metrics.collect('kafka_consumergroup_lag', (emit) => {
    const survey = latest()
    if (survey === null) return
    for (const { groupId, positions } of survey.groups) {
      for (const position of positions) {
        const lag = lagOf(position, survey)
        const { topic, partition } = position
        if (lag !== null) emit(lag, { consumergroup: groupId, topic, partition })
      }
    }
  })
  metrics.collect('kafka_consumergroupzookeeper_lag_zookeeper', (emit) => {
    const survey = latest()
    if (survey === null) return
    for (const { groupId, positions } of survey.legacy) {
      for (const position of positions) {
        const lag = lagOf(position, survey)
        const { topic, partition } = position
        if (lag !== null) emit(lag, { consumergroup: groupId, topic, partition })
      }
    }
  })
  metrics.collect('kafka_consumergroup_current_offset_sum', (emit) => {
    const survey = latest()
    if (survey !== null) byTopic(survey, ({ offset }) => (offset < 0 ? null : offset), add, emit)
  })
  metrics.collect('kafka_consumergroup_lag_sum', (emit) => {
    const survey = latest()
    if (survey === null) return
    // As kafka_exporter does, partitions without a commit do not count.
    byTopic(survey, (position) => (position.offset < 0 ? null : lagOf(position, survey)), add, emit)
  })
  metrics.collect('zurau_consumergroup_lag_seconds', (emit) => {
    const survey = latest()
    if (survey !== null) byTopic(survey, (position) => secondsOf(position, survey), Math.max, emit)
  })
}

const add = (one: number, other: number): number => one + other

/** Records between a committed offset and the end; -1 where nothing is committed; null for logs that nobody leads. */
function lagOf({ topic, partition, offset }: GroupPosition, { ends }: Survey): number | null {
  const log = ends.get(partitionKey(topic, partition))
  if (log === undefined) return null
  return offset < 0 ? -1 : Math.max(0, log.end - offset)
}

/** 0 for a group that has read everything; null where the oldest record's time is not known. */
function secondsOf(position: GroupPosition, survey: Survey): number | null {
  const lag = lagOf(position, survey)
  if (lag === null || lag < 0) return null
  if (lag === 0) return 0
  const { oldestMs } = position
  return oldestMs === null ? null : Math.max(0, survey.takenMs - oldestMs) / 1000
}

function byTopic(
  { groups }: Survey,
  valueOf: (position: GroupPosition) => number | null,
  join: (one: number, other: number) => number,
  emit: (value: number, labels: { consumergroup: string; topic: string }) => void,
): void {
  for (const { groupId, positions } of groups) {
    for (const [topic, value] of joined(positions, valueOf, join)) {
      emit(value, { consumergroup: groupId, topic })
    }
  }
}

function joined(
  positions: SurveyedGroup['positions'],
  valueOf: (position: GroupPosition) => number | null,
  join: (one: number, other: number) => number,
): Map<string, number> {
  const found = new Map<string, number>()
  for (const position of positions) {
    const value = valueOf(position)
    if (value === null) continue
    const known = found.get(position.topic)
    found.set(position.topic, known === undefined ? value : join(known, value))
  }
  return found
}
