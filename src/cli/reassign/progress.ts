import { PartitionAdmin, type Reassignment } from '../../client/partition-admin.ts'
import { KafkaError } from '../../model/errors.ts'
import { readableBytes } from '../byte-size.ts'
import type { Cluster } from '../cluster-options.ts'

/** How far a partition's new replicas have come. */
export interface MoveProgress extends Reassignment {
  /** What the new replicas have to hold, all together. */
  readonly wantedBytes: number
  readonly copiedBytes: number
}

export interface Progress {
  readonly atMs: number
  readonly moves: readonly MoveProgress[]
}

/** Asks the controller what is under way, and the brokers how much of it has come. */
export async function readProgress(cluster: Cluster, atMs: number): Promise<Progress> {
  const admin = new PartitionAdmin(cluster)
  const moving = await admin.reassignments()
  if (moving.length === 0) return { atMs, moves: [] }
  const brokers = [...new Set(moving.flatMap(({ replicas }) => replicas))]
  const topics = [...new Set(moving.map(({ topic }) => topic))]
  const sizes = new Map<string, number>()
  await Promise.all(
    brokers.map(async (broker) => {
      const directories = await admin.logDirectories(broker, topics).catch((error: unknown) => {
        // A broker that is down has copied what it has copied.
        if (error instanceof KafkaError) return []
        throw error
      })
      for (const { replicas } of directories) {
        for (const each of replicas) if (!each.isFuture) sizes.set(keyOf(each, broker), each.sizeBytes)
      }
    }),
  )
  return { atMs, moves: moving.map((move) => progressOf(move, sizes)) }
}

function progressOf(move: Reassignment, sizes: ReadonlyMap<string, number>): MoveProgress {
  const sizeOn = (broker: number): number => sizes.get(keyOf(move, broker)) ?? 0
  const old = move.replicas.filter((id) => !move.adding.includes(id))
  const full = Math.max(0, ...old.map(sizeOn))
  const copied = move.adding.reduce((sum, id) => sum + Math.min(full, sizeOn(id)), 0)
  return { ...move, wantedBytes: full * move.adding.length, copiedBytes: copied }
}

function keyOf({ topic, partition }: { topic: string; partition: number }, broker: number): string {
  return `${topic}-${partition}@${broker}`
}

const BAR_COLUMNS = 24

/** One line about all moves: a bar, bytes, rate and when it will be done. `total` is how many there were at first. */
export function progressLine(
  now: Progress,
  earlier: Progress | null,
  total: number,
  columns: number,
): string {
  const wanted = sum(now, ({ wantedBytes }) => wantedBytes)
  const copied = sum(now, ({ copiedBytes }) => copiedBytes)
  const done = Math.max(0, total - now.moves.length)
  // Partitions that have arrived are no longer listed: they count by number, what is under way by its bytes.
  const share =
    total === 0 ? 1 : Math.min(1, (done + (wanted === 0 ? 0 : (copied / wanted) * now.moves.length)) / total)
  const filled = Math.round(share * BAR_COLUMNS)
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_COLUMNS - filled)}]`
  const rate = rateOf(now, earlier)
  const parts = [
    `${bar} ${Math.floor(share * 100)} %`,
    `${done}/${total} partitions`,
    `${readableBytes(wanted - copied)} left`,
    ...(rate === null || rate <= 0
      ? []
      : [`${readableBytes(rate)}/s`, `${durationText((wanted - copied) / rate)} to go`]),
  ]
  // On a narrow screen the later parts go.
  let line = parts[0] as string
  for (const part of parts.slice(1)) if (line.length + 2 + part.length < columns) line += `  ${part}`
  return line
}

/** Bytes per second between two looks, over the moves that are in both. */
function rateOf(now: Progress, earlier: Progress | null): number | null {
  if (earlier === null || now.atMs <= earlier.atMs) return null
  const before = new Map(earlier.moves.map((move) => [`${move.topic}-${move.partition}`, move.copiedBytes]))
  const copied = now.moves.reduce((bytes, move) => {
    const then = before.get(`${move.topic}-${move.partition}`)
    return then === undefined ? bytes : bytes + Math.max(0, move.copiedBytes - then)
  }, 0)
  return (copied * 1000) / (now.atMs - earlier.atMs)
}

function sum({ moves }: Progress, of: (move: MoveProgress) => number): number {
  return moves.reduce((total, move) => total + of(move), 0)
}

/** `42 s`, `7 min`, `3 h`. */
export function durationText(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`
  if (seconds < 100 * 60) return `${Math.ceil(seconds / 60)} min`
  return `${Math.ceil(seconds / 3600)} h`
}
