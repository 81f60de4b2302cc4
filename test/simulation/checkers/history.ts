import type { Reading, Send } from '../history.ts'
import type { PlannedTopic } from '../plan.ts'
import type { StoredRecord } from '../stored-log.ts'
import type { Checker, FinishedRun } from './checker.ts'

/** More of one kind say nothing new. */
const MAX_REPORTS = 5

/**
 * The history of an append-only log: what clients were told must agree with what the log holds in the end. Reports
 * records that are lost, duplicated, reordered, at another offset, invented, or were read and are gone.
 */
export const checkHistory: Checker = (run) => {
  for (const topic of run.plan.topics) {
    if (topic.promise === 'nothing') continue
    for (let partition = 0; partition < topic.partitions; partition++) {
      if (!run.cluster.power.isVoid(topic.name, partition)) checkPartition(run, topic, partition)
    }
  }
}

function checkPartition(run: FinishedRun, topic: PlannedTopic, partition: number): void {
  const where = `${topic.name}-${partition}`
  const log = [...run.logs(topic.name, partition).values()].sort(
    (one, other) => other.endOffset - one.endOffset,
  )[0]
  const report = reporter(run, where)
  if (log === undefined) return report('lost', 'no broker has a log')
  const sends = run.history.sends.filter((send) => send.topic === topic.name && send.partition === partition)
  const byOffset = new Map(log.records.map((record) => [record.offset, record.value]))
  const places = placesOf(log.records)
  const wasForgotten = topic.promise === 'flushed' ? forgiveness(run, topic, sends, byOffset) : () => false

  for (const send of sends) {
    // With acks=1 the leader alone has promised: others may not have the record when they take over.
    const isPromised = send.acks === -1 || topic.replicationFactor === 1
    if (isPromised && send.outcome === 'acknowledged' && !wasForgotten(send))
      checkAcknowledged(send, byOffset, places, report)
  }
  const known = new Map(sends.map((send) => [send.value, send]))
  for (const [value, offsets] of places) {
    const send = known.get(value)
    if (send === undefined) report('invented', `${value}@${offsets[0]} was never sent`)
    else if (offsets.length > 1 && send.acks === -1)
      report('duplicate', `${value} is at ${offsets.join(' and ')}`)
  }
  checkOrder(sends, places, report)
  for (const reading of run.history.readings) {
    if (reading.topic !== topic.name || reading.partition !== partition) continue
    if (topic.promise === 'kept') checkReading(reading, byOffset, report)
  }
}

type Report = (kind: string, what: string) => void

function reporter(run: FinishedRun, where: string): Report {
  const counts = new Map<string, number>()
  return (kind, what) => {
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    if (count <= MAX_REPORTS) run.world.violate(kind, `${where}: ${what}`)
  }
}

/** Where each value stands; more than one place for those that are there twice. */
function placesOf(records: readonly StoredRecord[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const { offset, value } of records) {
    const known = places.get(value)
    if (known === undefined) places.set(value, [offset])
    else known.push(offset)
  }
  return places
}

function checkAcknowledged(
  { value, offset, settledMs }: Send,
  byOffset: ReadonlyMap<number, string>,
  places: ReadonlyMap<string, number[]>,
  report: Report,
): void {
  const found = places.get(value)
  if (found === undefined) {
    const instead = offset < 0 ? '' : `, where ${byOffset.get(offset) ?? 'nothing'} is now`
    report('lost', `${value} was acknowledged at ${offset} at ${Math.round(settledMs)} ms${instead}`)
  } else if (offset >= 0 && !found.includes(offset)) {
    report('moved', `${value} was acknowledged at ${offset} and is at ${found.join(' and ')}`)
  }
}

/** Records of a producer stand in the order in which it sent them. */
function checkOrder(sends: readonly Send[], places: ReadonlyMap<string, number[]>, report: Report): void {
  const last = new Map<string, { offset: number; value: string }>()
  for (const { producer, value, acks } of sends) {
    const offset = places.get(value)?.[0]
    if (offset === undefined || acks !== -1) continue
    const before = last.get(producer)
    if (before !== undefined && before.offset > offset)
      report('reordered', `${value}@${offset} was sent after ${before.value}@${before.offset}`)
    last.set(producer, { offset, value })
  }
}

/** What a reader has seen is there for ever, in the same place; a reader sees everything, once, in order. */
function checkReading(
  { reader, records }: Reading,
  byOffset: ReadonlyMap<number, string>,
  report: Report,
): void {
  let next = records[0]?.offset ?? 0
  for (const { offset, value, atMs } of records) {
    if (offset !== next) report('skipped', `${reader} read ${offset} when ${next} was next`)
    next = offset + 1
    const kept = byOffset.get(offset)
    if (kept !== value)
      report(
        'unread',
        `${reader} read ${value}@${offset} at ${Math.round(atMs)} ms, where ${kept ?? 'nothing'} is now`,
      )
  }
}

/**
 * Whether a power loss may have taken a record: no broker has served for the flush interval since it was acknowledged,
 * and nothing behind it is there. A log loses its end, never its middle.
 */
function forgiveness(
  run: FinishedRun,
  topic: PlannedTopic,
  sends: readonly Send[],
  byOffset: ReadonlyMap<number, string>,
): (send: Send) => boolean {
  const flushMs = Number(topic.configs['flush.ms'] ?? Infinity) + FLUSH_MARGIN_MS
  const survivors = sends.filter(
    (send) => send.outcome === 'acknowledged' && byOffset.get(send.offset) === send.value,
  )
  const spans = [...run.world.brokers.values()].flatMap(({ served }) => served)
  const wasDue = (fromMs: number, toMs: number): boolean =>
    spans.some((span) => Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs) > flushMs)
  return (lost) =>
    run.powerLosses.some(({ atMs }) => {
      // The answer may still have been under way when the power was gone.
      if (lost.invokedMs > atMs || wasDue(lost.settledMs, atMs)) return false
      return !survivors.some((kept) => kept.settledMs < atMs && kept.offset > lost.offset)
    })
}

/** The scheduler of flushes looks from time to time. */
const FLUSH_MARGIN_MS = 1500
