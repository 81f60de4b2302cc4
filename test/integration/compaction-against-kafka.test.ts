import { expect } from 'chai'
import { Kafka, logLevel } from 'kafkajs'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogConfig } from '../../src/log/log-config.ts'
import { LogManager } from '../../src/log/log-manager.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { buildBatch, type BatchOptions, type RecordInput } from '../../src/records/batch-builder.ts'
import type { CompressionType } from '../../src/records/compression/codec.ts'
import { prepareZstd } from '../../src/records/compression/zstd.ts'
import { buildEndTransactionBatch } from '../../src/records/control-record.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { FakeRandom } from '../fakes/random.ts'
import { dumpBatches } from '../support/dump-log.ts'
import { logConfigDefaults, logManagerConfigDefaults } from '../support/log-config.ts'
import { topicPartition } from '../support/log-fixture.ts'
import { RealKafka } from '../support/real-kafka.ts'
import { shared } from '../support/shared.ts'

const script = shared('peer/kafka.sh', 'compaction beside that of Kafka')
const CODECS: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const SEGMENT_BYTES = 3000

/** The topic's records, as a leader takes them in. */
type Story = (append: (batch: Buffer, origin?: 'coordinator') => void, nowMs: number) => void

const keyed = (i: number, keys: number, nowMs: number): RecordInput => ({
  key: `key-${(i * 7) % keys}`,
  value: `value ${i}`.padEnd(60, '.'),
  timestamp: nowMs + i,
  headers: i % 5 === 0 ? [{ key: 'h', value: `${i}` }] : [],
})

const stories: Readonly<Record<string, Story>> = {
  plain: (append, nowMs) => {
    for (let i = 0; i < 300; i++) append(buildBatch([keyed(i, 40, nowMs)]))
  },
  batched: (append, nowMs) => {
    for (let i = 0; i < 400; i += 8)
      append(buildBatch(Array.from({ length: 8 }, (_, n) => keyed(i + n, 33, nowMs))))
  },
  codecs: (append, nowMs) => {
    for (let i = 0; i < 600; i += 10) {
      const records = Array.from({ length: 10 }, (_, n) => keyed(i + n, 47, nowMs))
      append(buildBatch(records, { compression: CODECS[(i / 10) % CODECS.length] ?? 'none' }))
    }
  },
  tombstones: (append, nowMs) => {
    for (let i = 0; i < 400; i += 4) {
      const records = Array.from({ length: 4 }, (_, n) => {
        const record = keyed(i + n, 61, nowMs)
        return (i + n) % 3 === 0 ? { ...record, value: null } : record
      })
      append(buildBatch(records, { compression: i % 8 === 0 ? 'none' : 'lz4' }))
    }
  },
  stamped: (append, nowMs) => {
    for (let i = 0; i < 200; i += 4) {
      const records = Array.from({ length: 4 }, (_, n) => ({
        ...keyed(i + n, 30, nowMs),
        ...(i % 12 === 0 ? { value: null } : {}),
      }))
      append(buildBatch(records))
    }
  },
  producers: (append, nowMs) => {
    const random = new FakeRandom('producers')
    const sequences = new Map<number, number>()
    for (let i = 0; i < 300;) {
      const producerId = 10 + random.below(5)
      const count = 1 + random.below(3)
      const records = Array.from({ length: count }, (_, n) => keyed(i + n, 30, nowMs))
      const baseSequence = sequences.get(producerId) ?? 0
      append(buildBatch(records, { producerId, producerEpoch: 1, baseSequence }))
      sequences.set(producerId, baseSequence + count)
      i += count
    }
  },
  transactions: (append, nowMs) => {
    const random = new FakeRandom('transactions')
    const sequences = new Map<number, number>()
    const open = new Set<number>()
    for (let i = 0; i < 400; i++) {
      const producerId = 20 + random.below(6)
      const options: BatchOptions = { producerId, producerEpoch: 3 }
      if (open.has(producerId) && random.chance(0.35)) {
        const result = random.chance(0.5) ? 'commit' : 'abort'
        append(
          buildEndTransactionBatch({
            producerId,
            producerEpoch: 3,
            result,
            coordinatorEpoch: 0,
            timestamp: nowMs + i,
          }),
          'coordinator',
        )
        open.delete(producerId)
        continue
      }
      const baseSequence = sequences.get(producerId) ?? 0
      sequences.set(producerId, baseSequence + 1)
      open.add(producerId)
      append(buildBatch([keyed(i, 25, nowMs)], { ...options, baseSequence, isTransactional: true }))
    }
    for (const producerId of open) {
      append(
        buildEndTransactionBatch({
          producerId,
          producerEpoch: 3,
          result: 'commit',
          coordinatorEpoch: 0,
          timestamp: nowMs + 400,
        }),
        'coordinator',
      )
    }
    for (let i = 0; i < 40; i++) append(buildBatch([keyed(i, 40, nowMs + 400)]))
  },
}
const topics = Object.keys(stories)

const topicConfig: Partial<LogConfig> = {
  'cleanup.policy': ['compact'],
  'segment.bytes': SEGMENT_BYTES,
  'min.cleanable.dirty.ratio': 0.01,
}

/** Bytes that hang on the moment of the compaction: the horizon, and with it the checksum. */
function masked(lines: readonly string[], withCodecs: boolean): string[] {
  return lines.map((line) => {
    const timeless = line
      .replace(/deleteHorizonMs: OptionalLong\[\d+\]/, 'deleteHorizonMs: some')
      .replace(/ crc: \d+/, '')
    return withCodecs ? timeless.replace(/ position: \d+| size: \d+/g, '') : timeless
  })
}

function eventually(what: string, check: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (check()) return resolve()
      if (Date.now() > deadline) return reject(new Error(`never: ${what}`))
      setTimeout(look, 100)
    }
    look()
  })
}

describe('compaction beside that of Kafka', function () {
  if (script === null) {
    it.skip('needs kafka.sh')
    return
  }
  this.timeout(300_000)
  let kafka: RealKafka
  let ours: string

  before(async () => {
    await prepareZstd()
    ours = mkdtempSync(join(tmpdir(), 'zurau-compaction-'))
    kafka = await RealKafka.prepare(script)
  })
  after(async () => {
    await kafka.close()
    rmSync(ours, { recursive: true, force: true })
  })

  function open(): LogManager {
    return new LogManager({
      disk: new NodeDisk(),
      clock: new NodeClock(),
      random: new NodeRandom(),
      logger: new FakeLogger(),
      directories: [ours],
      config: { ...logManagerConfigDefaults, 'log.cleaner.enable': false },
      configOf: (topic) => ({
        ...logConfigDefaults,
        ...topicConfig,
        'message.timestamp.type': topic === 'stamped' ? 'LogAppendTime' : 'CreateTime',
      }),
      onWritten: () => undefined,
      onDirectoryOffline: (_path, _logs, error) => {
        throw error
      },
    })
  }

  async function write(): Promise<Map<string, number>> {
    const manager = open()
    manager.acquire()
    await manager.load()
    const nowMs = new NodeClock().nowMs() - 60_000
    const ends = new Map<string, number>()
    for (const [topic, tell] of Object.entries(stories)) {
      const log = manager.getOrCreate(topicPartition(topic), { isNew: true, topicId: null })
      tell(
        (batch, origin = undefined) =>
          log.appendAsLeader(batch, { leaderEpoch: 0, origin: origin ?? 'client' }),
        nowMs,
      )
      await log.whenWritten()
      log.setHighWatermark(log.logEndOffset)
      ends.set(topic, log.logEndOffset)
    }
    await manager.close()
    return ends
  }

  /** Puts what we wrote in the place of Kafka's own empty logs, as if it had written it. */
  function handOver(ends: ReadonlyMap<string, number>): void {
    for (const topic of topics) {
      const theirs = join(kafka.logDir, `${topic}-0`)
      for (const name of readdirSync(theirs)) if (name !== 'partition.metadata') rmSync(join(theirs, name))
      cpSync(join(ours, `${topic}-0`), theirs, {
        recursive: true,
        filter: (source) => !source.endsWith('partition.metadata'),
      })
    }
    const lines = [...ends].map(([topic, end]) => `${topic} 0 ${end}\n`).join('')
    for (const name of ['replication-offset-checkpoint', 'recovery-point-offset-checkpoint'])
      writeFileSync(join(kafka.logDir, name), `0\n${ends.size}\n${lines}`)
  }

  async function compactOurs(): Promise<Map<string, number | null>> {
    const manager = open()
    manager.acquire()
    await manager.load()
    for (const log of manager.logs()) log.setHighWatermark(log.logEndOffset)
    while (await manager.cleaner.cleanDirtiest());
    const offsets = new Map(
      [...manager.logs()].map((log) => [log.topicPartition.topic, log.firstDirtyOffset]),
    )
    await manager.close()
    return offsets
  }

  function cleanedByKafka(): Map<string, number> {
    const text = readFileSync(join(kafka.logDir, 'cleaner-offset-checkpoint'), 'utf8')
    const lines = text.split('\n').slice(2).filter(Boolean)
    return new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[2])]))
  }

  it('leaves the same batches in the same segments', async () => {
    await kafka.start(['log.cleaner.enable=false', 'log.cleaner.backoff.ms=200'])
    const admin = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.createTopics({
      topics: topics.map((topic) => ({
        topic,
        configEntries: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'segment.bytes', value: String(SEGMENT_BYTES) },
          { name: 'min.cleanable.dirty.ratio', value: '0.01' },
        ],
      })),
    })
    await admin.disconnect()
    await kafka.stop()

    const ends = await write()
    handOver(ends)
    const offsets = await compactOurs()
    await kafka.startAgain(['log.cleaner.enable=true'])
    await eventually('Kafka has compacted all topics', () =>
      topics.every((topic) => cleanedByKafka().get(topic) === offsets.get(topic)),
    )
    await kafka.stop()

    for (const topic of topics) {
      const files = (directory: string): string[] =>
        readdirSync(join(directory, `${topic}-0`))
          .filter((name) => /^\d+\.(log|txnindex)$/.test(name))
          .sort()
      expect(files(ours), topic).to.deep.equal(files(kafka.logDir))
      for (const name of files(ours)) {
        const [mine, theirs] = [ours, kafka.logDir].map((directory) =>
          readFileSync(join(directory, `${topic}-0`, name)),
        ) as [Buffer, Buffer]
        if (name.endsWith('.txnindex'))
          expect(mine.toString('hex'), `${topic} ${name}`).to.equal(theirs.toString('hex'))
        else {
          const packs = topic === 'codecs' || topic === 'tombstones'
          expect(masked(dumpBatches(mine), packs), `${topic} ${name}`).to.deep.equal(
            masked(dumpBatches(theirs), packs),
          )
        }
      }
    }
  })
})
