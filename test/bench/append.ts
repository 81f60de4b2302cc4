/**
 * How fast a log takes batches in, alone: no network, no replication. Prints µs and CPU-s/GB per batch size, the cost
 * of validating compressed batches, recovery after a kill, and the opening of many partitions.
 *
 *     tsx test/bench/append.ts [directory] [filter]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LogManager } from '../../src/log/log-manager.ts'
import type { Log } from '../../src/log/log.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { buildBatch } from '../../src/records/batch-builder.ts'
import type { CompressionType } from '../../src/records/compression/codec.ts'
import { prepareZstd } from '../../src/records/compression/zstd.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { logConfigDefaults, logManagerConfigDefaults } from '../support/log-config.ts'
import { topicPartition } from '../support/log-fixture.ts'

const base = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'zurau-bench-'))
const filter = new RegExp(process.argv[3] ?? '.')
const clock = new NodeClock()

function newManager(directory: string, onWritten: (log: Log) => void = () => undefined): LogManager {
  return new LogManager({
    disk: new NodeDisk(),
    clock,
    random: new NodeRandom(),
    logger: new FakeLogger(),
    directories: [directory],
    config: logManagerConfigDefaults,
    configOf: () => logConfigDefaults,
    onWritten,
    onDirectoryOffline: (_path, _logs, error) => {
      throw error
    },
  })
}

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const used = process.cpuUsage(since)
  return (used.user + used.system) / 1e6
}

/** JSON-like lines, which compress about as well as real ones. */
function jsonRecords(bytes: number): { key: null; value: Buffer; timestamp: number }[] {
  const records = []
  for (let size = 0, i = 0; size < bytes; i++) {
    const value = Buffer.from(
      JSON.stringify({
        id: i,
        user: `user-${(i * 7919) % 1000}`,
        action: ['view', 'click', 'buy'][i % 3],
        value: (i * 37) % 997,
      }),
    )
    records.push({ key: null, value, timestamp: 1_700_000_000_000 + i })
    size += value.length + 10
  }
  return records
}

function plainRecords(bytes: number): { key: null; value: Buffer; timestamp: number }[] {
  const count = Math.max(1, Math.floor((bytes - 61) / 108))
  return Array.from({ length: count }, (_, i) => ({
    key: null,
    value: Buffer.alloc(98, 65 + (i % 26)),
    timestamp: 1_700_000_000_000 + i,
  }))
}

async function appendMany(
  name: string,
  batch: Buffer,
  rounds: number,
  perTurn: number,
  uncompressedBytes = batch.length,
): Promise<void> {
  if (!filter.test(name)) return
  const directory = join(base, name.replaceAll(/[^a-z0-9]/gi, '-'))
  let written = 0
  const manager = newManager(directory, () => written++)
  manager.acquire()
  await manager.load()
  const logs = Array.from({ length: Math.min(8, perTurn) }, (_, i) =>
    manager.getOrCreate(topicPartition('bench', i), { isNew: true, topicId: null }),
  )
  const turn = (): Promise<void> => new Promise((resolve) => clock.endOfTurn(resolve))
  const run = async (turns: number): Promise<void> => {
    for (let i = 0; i < turns; i++) {
      for (let j = 0; j < perTurn; j++) {
        ;(logs[j % logs.length] as Log).appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
      }
      await turn()
      while (logs.some((log) => log.nextOffset !== log.logEndOffset)) await turn()
    }
  }
  await run(Math.ceil(rounds / 10))
  const cpu = process.cpuUsage()
  const started = clock.monotonicMs()
  await run(rounds)
  const seconds = cpuSeconds(cpu)
  const elapsed = clock.monotonicMs() - started
  const batches = rounds * perTurn
  const gigabytes = (batches * batch.length) / 1e9
  console.log(
    `${name.padEnd(34)} ${((seconds / batches) * 1e6).toFixed(1).padStart(8)} µs CPU/batch ` +
      `${(seconds / gigabytes).toFixed(2).padStart(6)} CPU-s/GB ` +
      `${(seconds / ((batches * uncompressedBytes) / 1e9)).toFixed(2).padStart(6)} CPU-s/GB uncompressed ` +
      `${((gigabytes * 1e6) / elapsed).toFixed(0).padStart(6)} MB/s`,
  )
  await manager.close()
  rmSync(directory, { recursive: true })
}

async function compressed(type: CompressionType, bytes: number, rounds: number): Promise<void> {
  const records = jsonRecords(bytes)
  const plain = buildBatch(records)
  await appendMany(
    `${type} ${bytes / 1024} KB`,
    buildBatch(records, { compression: type }),
    rounds,
    8,
    plain.length,
  )
}

async function recovery(gigabytes: number): Promise<void> {
  if (!filter.test('recovery')) return
  const directory = join(base, 'recovery')
  const manager = newManager(directory)
  manager.acquire()
  await manager.load()
  const log = manager.getOrCreate(topicPartition('bench'), { isNew: true, topicId: null })
  const batch = buildBatch(plainRecords(16 * 1024))
  const wanted = Math.floor((gigabytes * 1e9) / batch.length)
  for (let i = 0; i < wanted; i++) {
    log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
    if (i % 64 !== 63) continue
    await new Promise<void>((resolve) => clock.endOfTurn(resolve))
    while (log.nextOffset - log.logEndOffset > 100_000)
      await new Promise<void>((resolve) => clock.endOfTurn(resolve))
  }
  while (log.nextOffset !== log.logEndOffset) await new Promise<void>((resolve) => clock.endOfTurn(resolve))
  await new Promise((resolve) => clock.after(500, () => resolve(undefined)))
  // As after kill -9: another life finds no clean stop.
  const cpu = process.cpuUsage()
  const started = clock.monotonicMs()
  const next = newManager(directory)
  await next.load()
  const recovered = next.get(topicPartition('bench'))
  console.log(
    `recovery of ${gigabytes} GB`.padEnd(34),
    `${cpuSeconds(cpu).toFixed(2)} CPU-s, ${((clock.monotonicMs() - started) / 1000).toFixed(2)} s, end ${recovered?.logEndOffset}`,
  )
  await next.close()
  rmSync(directory, { recursive: true })
}

async function manyPartitions(count: number): Promise<void> {
  if (!filter.test('partitions')) return
  const directory = join(base, 'partitions')
  const manager = newManager(directory)
  manager.acquire()
  await manager.load()
  const batch = buildBatch(plainRecords(1024))
  const started = clock.monotonicMs()
  for (let i = 0; i < count; i++) {
    manager
      .getOrCreate(topicPartition('bench', i), { isNew: true, topicId: null })
      .appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
  }
  await new Promise<void>((resolve) => clock.endOfTurn(resolve))
  const created = clock.monotonicMs() - started
  const closing = clock.monotonicMs()
  await manager.close()
  const closed = clock.monotonicMs() - closing
  globalThis.gc?.()
  const before = process.memoryUsage()
  const cpu = process.cpuUsage()
  const opening = clock.monotonicMs()
  const next = newManager(directory)
  next.acquire()
  await next.load()
  const opened = clock.monotonicMs() - opening
  const seconds = cpuSeconds(cpu)
  globalThis.gc?.()
  const after = process.memoryUsage()
  console.log(
    `${count} partitions`.padEnd(34),
    `create+append ${created.toFixed(0)} ms, clean stop ${closed.toFixed(0)} ms, open ${opened.toFixed(0)} ms (${(seconds * 1000).toFixed(0)} ms CPU), ` +
      `heap ${((after.heapUsed - before.heapUsed) / count).toFixed(0)} B each (${next.logCount})`,
  )
  const again = clock.monotonicMs()
  await next.close()
  console.log(''.padEnd(34), `idle clean stop ${(clock.monotonicMs() - again).toFixed(0)} ms`)
  rmSync(directory, { recursive: true })
}

await prepareZstd()
try {
  const KB = 1024
  await appendMany('1 KB, 1 a turn', buildBatch(plainRecords(KB)), 30_000, 1)
  await appendMany('1 KB, 40 a turn', buildBatch(plainRecords(KB)), 3000, 40)
  await appendMany('16 KB, 1 a turn', buildBatch(plainRecords(16 * KB)), 10_000, 1)
  await appendMany('16 KB, 40 a turn', buildBatch(plainRecords(16 * KB)), 1000, 40)
  await appendMany('64 KB, 40 a turn', buildBatch(plainRecords(64 * KB)), 300, 40)
  await appendMany('1 MB, 8 a turn', buildBatch(plainRecords(1000 * KB)), 100, 8)
  for (const type of ['gzip', 'snappy', 'lz4', 'zstd'] as const) await compressed(type, 16 * KB, 500)
  for (const type of ['lz4', 'zstd'] as const) await compressed(type, 256 * KB, 40)
  await recovery(1)
  await manyPartitions(1000)
  await manyPartitions(10_000)
} finally {
  rmSync(base, { recursive: true, force: true })
}
