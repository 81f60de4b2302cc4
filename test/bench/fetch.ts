/**
 * How fast a log is read, alone: the newest bytes from memory, one batch at a time and in large pieces; older ones
 * from warm files; a consumer that waits for every batch. Prints µs and CPU-s/GB.
 *
 *     tsx test/bench/fetch.ts [directory] [filter]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../../src/log/log.ts'
import { LogManager } from '../../src/log/log-manager.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { buildBatch } from '../../src/records/batch-builder.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { logConfigDefaults, logManagerConfigDefaults } from '../support/log-config.ts'
import { topicPartition } from '../support/log-fixture.ts'

const base = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'zurau-bench-'))
const filter = new RegExp(process.argv[3] ?? '.')
const clock = new NodeClock()
const KB = 1024

async function open(directory: string): Promise<{ manager: LogManager; log: Log }> {
  const manager = new LogManager({
    disk: new NodeDisk(),
    clock,
    random: new NodeRandom(),
    logger: new FakeLogger(),
    directories: [directory],
    config: logManagerConfigDefaults,
    configOf: () => logConfigDefaults,
    onWritten: () => undefined,
    onDirectoryOffline: (_path, _logs, error) => {
      throw error
    },
  })
  manager.acquire()
  await manager.load()
  return { manager, log: manager.getOrCreate(topicPartition('bench'), { isNew: true, topicId: null }) }
}

function batchOf(bytes: number): Buffer {
  const count = Math.max(1, Math.floor((bytes - 61) / 108))
  return buildBatch(
    Array.from({ length: count }, (_, i) => ({
      value: Buffer.alloc(98, 65 + (i % 26)),
      timestamp: 1_700_000_000_000 + i,
    })),
  )
}

function turn(): Promise<void> {
  return new Promise((resolve) => clock.endOfTurn(resolve))
}

async function fill(log: Log, batch: Buffer, bytes: number): Promise<void> {
  for (let written = 0, i = 0; written < bytes; written += batch.length, i++) {
    log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
    if (i % 32 === 31) await turn()
  }
  while (log.nextOffset !== log.logEndOffset) await turn()
  log.setHighWatermark(log.logEndOffset)
}

function report(name: string, cpu: NodeJS.CpuUsage, reads: number, bytes: number, elapsedMs: number): void {
  const used = process.cpuUsage(cpu)
  const seconds = (used.user + used.system) / 1e6
  console.log(
    `${name.padEnd(44)} ${((seconds / reads) * 1e6).toFixed(2).padStart(8)} µs CPU/read ` +
      `${(seconds / (bytes / 1e9)).toFixed(3).padStart(7)} CPU-s/GB ${(bytes / 1000 / elapsedMs).toFixed(0).padStart(7)} MB/s`,
  )
}

async function readThrough(
  name: string,
  log: Log,
  maxBytes: number,
  from: number,
  rounds: number,
): Promise<void> {
  if (!filter.test(name)) return
  const cpu = process.cpuUsage()
  const started = clock.monotonicMs()
  let reads = 0
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    for (let offset = from; offset < log.logEndOffset;) {
      const read = log.read({ offset, maxBytes, upperBoundOffset: log.highWatermark, atLeastOneBatch: true })
      const slice = read instanceof Promise ? await read : read
      offset = slice.nextOffset
      reads++
      bytes += slice.sizeBytes
    }
  }
  report(name, cpu, reads, bytes, clock.monotonicMs() - started)
}

/** Append one batch, let the turn end, read it: what a consumer that waits at the end costs the log. */
async function tail(name: string, log: Log, batch: Buffer, rounds: number): Promise<void> {
  if (!filter.test(name)) return
  const cpu = process.cpuUsage()
  const started = clock.monotonicMs()
  let bytes = 0
  for (let i = 0; i < rounds; i++) {
    const { firstOffset } = log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
    await turn()
    while (log.nextOffset !== log.logEndOffset) await turn()
    log.setHighWatermark(log.logEndOffset)
    const slice = log.read({
      offset: firstOffset,
      maxBytes: 1024 * KB,
      upperBoundOffset: log.highWatermark,
      atLeastOneBatch: true,
    })
    if (slice instanceof Promise) throw new Error('the newest batch must be in memory')
    bytes += slice.sizeBytes
  }
  report(name, cpu, rounds, bytes, clock.monotonicMs() - started)
}

try {
  for (const size of [1, 16]) {
    const directory = join(base, `d${size}`)
    const batch = batchOf(size * KB)
    const first = await open(directory)
    await fill(first.log, batch, 400e6)
    const end = first.log.logEndOffset
    const recent = end - Math.floor((8e6 / batch.length) * (end / (400e6 / batch.length)))
    await readThrough(`memory, ${size} KB batches, one at a time`, first.log, 1, recent, 5)
    await readThrough(`memory, ${size} KB batches, 1 MB a read`, first.log, 1024 * KB, recent, 50)
    await tail(`append and read, ${size} KB`, first.log, batch, 20_000)
    await first.manager.close()
    const second = await open(directory)
    second.log.setHighWatermark(second.log.logEndOffset)
    await readThrough(`warm file, ${size} KB batches, 64 KB a read`, second.log, 64 * KB, 0, 1)
    await readThrough(`warm file, ${size} KB batches, 256 KB a read`, second.log, 256 * KB - 8 * KB, 0, 1)
    await readThrough(`warm file, ${size} KB batches, 1 MB a read`, second.log, 1024 * KB, 0, 1)
    await second.manager.close()
    rmSync(directory, { recursive: true })
  }
} finally {
  rmSync(base, { recursive: true, force: true })
}
