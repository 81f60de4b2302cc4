import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogConfig } from '../../src/log/log-config.ts'
import type { Log } from '../../src/log/log.ts'
import { LogManager } from '../../src/log/log-manager.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { buildBatch } from '../../src/records/batch-builder.ts'
import type { CompressionType } from '../../src/records/compression/codec.ts'
import { prepareZstd } from '../../src/records/compression/zstd.ts'
import { buildEndTransactionBatch } from '../../src/records/control-record.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { dumpBatches, dumpSnapshot, parseDump } from '../support/dump-log.ts'
import { logConfigDefaults, logManagerConfigDefaults } from '../support/log-config.ts'
import { shared } from '../support/shared.ts'
import { topicPartition } from '../support/log-fixture.ts'

const kafka = shared('peer/kafka.sh', "Kafka's DumpLogSegments on logs of ours")
const T = 1_700_000_000_000

describe('what Kafka says about our files', function () {
  if (kafka === null) {
    it.skip('needs kafka.sh')
    return
  }
  this.timeout(120_000)
  let directory: string
  let manager: LogManager
  before(async () => {
    await prepareZstd()
    directory = mkdtempSync(join(tmpdir(), 'zurau-dump-'))
    manager = new LogManager({
      disk: new NodeDisk(),
      clock: new NodeClock(),
      random: new NodeRandom(),
      logger: new FakeLogger(),
      directories: [directory],
      config: logManagerConfigDefaults,
      configOf: (topic) => ({ ...logConfigDefaults, ...configs[topic] }),
      onWritten: () => undefined,
      onDirectoryOffline: (_path, _logs, error) => {
        throw error
      },
    })
    manager.acquire()
    await manager.load()
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  const configs: Record<string, Partial<LogConfig>> = {
    segments: { 'segment.bytes': 600, 'index.interval.bytes': 100, 'segment.index.bytes': 4096 },
    stamped: { 'message.timestamp.type': 'LogAppendTime' },
    transactions: { 'segment.bytes': 400 },
    repacked: { 'compression.type': 'lz4' },
  }

  function logOf(topic: string): Log {
    return manager.getOrCreate(topicPartition(topic), { isNew: true, topicId: null })
  }

  function append(log: Log, batch: Buffer, leaderEpoch = 0): void {
    log.appendAsLeader(batch, { leaderEpoch, origin: 'client' })
  }

  /** Kafka's dump of all files of a log, after ours was closed. */
  function kafkaDump(name: string): Map<string, string[]> {
    const folder = join(directory, name)
    const files = readdirSync(folder)
      .filter((file) => /\.(log|index|timeindex|txnindex|snapshot)$/.test(file))
      .sort()
    const text = execFileSync(
      kafka as string,
      [
        'tool',
        'dump-log',
        '--deep-iteration',
        '--print-data-log',
        '--files',
        files.map((file) => join(folder, file)).join(','),
      ],
      { encoding: 'utf8', env: { ...process.env, PEER_HOME: join(directory, 'peer'), PEER_TOOL_JIT: '1' } },
    )
    return parseDump(text)
  }

  it('dumps every file and prints what was written', async () => {
    const codecs: CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
    for (const compression of codecs) {
      const records = Array.from({ length: 50 }, (_, i) => ({
        key: `key-${i}`,
        value: `a value that repeats, a value that repeats ${i}`,
        timestamp: T + i,
        headers: [{ key: 'h', value: 'x' }],
      }))
      append(logOf('codecs'), buildBatch(records, { compression }))
      append(logOf('repacked'), buildBatch(records, { compression }))
    }
    append(
      logOf('codecs'),
      buildBatch([{ value: Buffer.alloc(300_000, 'ab'), timestamp: T }], { compression: 'snappy' }),
    )
    append(
      logOf('codecs'),
      buildBatch([{ value: Buffer.alloc(300_000, 'ab'), timestamp: T }], { compression: 'lz4' }),
    )
    for (let i = 0; i < 40; i++) {
      append(
        logOf('segments'),
        buildBatch([{ key: 'k', value: `value ${i}`, timestamp: T + i * 1000 }]),
        i < 20 ? 3 : 5,
      )
    }
    append(
      logOf('stamped'),
      buildBatch([
        { value: 'a', timestamp: T },
        { value: 'b', timestamp: T + 5 },
      ]),
    )
    const producer = { producerId: 4000, producerEpoch: 3 }
    for (let i = 0; i < 12; i++) {
      append(
        logOf('transactions'),
        buildBatch([{ key: 'k', value: `in ${i}`, timestamp: T + i }], {
          ...producer,
          baseSequence: i,
          isTransactional: true,
        }),
      )
      if (i % 3 !== 2) continue
      logOf('transactions').appendAsLeader(
        buildEndTransactionBatch({
          ...producer,
          result: i === 5 ? 'abort' : 'commit',
          coordinatorEpoch: 7,
          timestamp: T + i,
        }),
        { leaderEpoch: 0, origin: 'coordinator' },
      )
    }
    append(
      logOf('transactions'),
      buildBatch([{ value: 'open', timestamp: T }], {
        producerId: 4001,
        producerEpoch: 0,
        baseSequence: 0,
        isTransactional: true,
      }),
    )
    await manager.close()

    for (const topic of ['codecs', 'repacked', 'segments', 'stamped', 'transactions']) {
      const name = `${topic}-0`
      const dumped = kafkaDump(name)
      expect(dumped.size, name).to.equal(
        readdirSync(join(directory, name)).filter((file) => file.startsWith('0')).length,
      )
      for (const [file, lines] of dumped) {
        const bytes = readFileSync(join(directory, file))
        if (file.endsWith('.log')) {
          expect(lines, file).to.deep.equal(dumpBatches(bytes))
          expect(
            lines
              .filter((line) => line.startsWith('baseOffset'))
              .every((line) => line.endsWith('isvalid: true')),
          ).to.equal(true)
        }
        if (file.endsWith('.snapshot')) expect(lines, file).to.deep.equal(dumpSnapshot(bytes))
        if (file.endsWith('.txnindex')) {
          expect(lines).to.deep.equal([
            'version: 0 producerId: 4000 firstOffset: 4 lastOffset: 7 lastStableOffset: 8',
          ])
        }
        expect(lines.join('\n')).not.to.match(/mismatch|corrupt|invalid|exception/i)
      }
    }
    const segments = kafkaDump('segments-0')
    expect([...segments.keys()].filter((file) => file.endsWith('.log'))).to.have.length.greaterThan(3)
    expect(segments.get('segments-0/00000000000000000000.index')).to.include('offset: 2 position: 152')
  })
})
