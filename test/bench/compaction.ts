import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LogManager } from '../../src/log/log-manager.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { buildBatch } from '../../src/records/batch-builder.ts'
import type { CompressionType } from '../../src/records/compression/codec.ts'
import { prepareZstd } from '../../src/records/compression/zstd.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { logConfigDefaults, logManagerConfigDefaults } from '../support/log-config.ts'
import { topicPartition } from '../support/log-fixture.ts'

/**
 * Compaction of one log: CPU seconds per GB of log (the dirty part is read twice, what stays is written), and MB/s.
 * `tsx test/bench/compaction.ts [MB of log]`
 */
const megabytes = Number(process.argv[2] ?? 64)
const VALUE = '{"id":12345,"state":"shipped","at":"2024-01-01T00:00:00Z","note":"a note that is long enough"}'

async function measure(compression: CompressionType, keys: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'zurau-compaction-'))
  const manager = new LogManager({
    disk: new NodeDisk(),
    clock: new NodeClock(),
    random: new NodeRandom(),
    logger: new FakeLogger(),
    directories: [directory],
    config: logManagerConfigDefaults,
    configOf: () => ({
      ...logConfigDefaults,
      'cleanup.policy': ['compact'],
      'segment.bytes': 16 * 1024 * 1024,
    }),
    onWritten: () => undefined,
    onDirectoryOffline: (_path, _logs, error) => {
      throw error
    },
  })
  try {
    manager.acquire()
    await manager.load()
    const log = manager.getOrCreate(topicPartition(), { isNew: true, topicId: null })
    let records = 0
    while (log.sizeBytes < megabytes * 1024 * 1024) {
      const batch = Array.from({ length: 100 }, (_, i) => ({
        key: `key-${((records + i) * 7919) % keys}`,
        value: VALUE,
        timestamp: 1_700_000_000_000 + records + i,
      }))
      log.appendAsLeader(buildBatch(batch, { compression }), { leaderEpoch: 0, origin: 'client' })
      records += 100
      if (records % 10_000 === 0) await log.whenWritten()
    }
    log.rollNow()
    await log.flush()
    log.setHighWatermark(log.logEndOffset)
    const before = log.sizeBytes
    const cpu = process.cpuUsage()
    const startedMs = performance.now()
    await manager.cleaner.cleanDirtiest()
    const seconds = (performance.now() - startedMs) / 1000
    const used = process.cpuUsage(cpu)
    const cpuSeconds = (used.user + used.system) / 1e6
    const [mb, left] = [before / 1e6, log.sizeBytes / 1e6]
    return (
      `${compression.padEnd(7)} ${String(keys).padStart(8)} keys ${(records / 1e6).toFixed(2)} M records ` +
      `${mb.toFixed(0)} -> ${left.toFixed(1)} MB  ${(mb / seconds).toFixed(0)} MB/s  ` +
      `${((cpuSeconds / mb) * 1000).toFixed(2)} CPU-s/GB  ${((cpuSeconds / records) * 1e9).toFixed(0)} CPU-ns/record`
    )
  } finally {
    await manager.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

await prepareZstd()
for (const compression of (process.argv[3]?.split(',') ?? ['none', 'lz4', 'zstd']) as CompressionType[]) {
  for (const keys of [1000, 1_000_000]) console.log(await measure(compression, keys))
}
