import { expect } from 'chai'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogConfig } from '../../src/log/log-config.ts'
import type { Log } from '../../src/log/log.ts'
import { LogManager } from '../../src/log/log-manager.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { prepareZstd } from '../../src/records/compression/zstd.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { dumpBatches, dumpSnapshot, parseDump } from '../support/dump-log.ts'
import { logConfigDefaults, logManagerConfigDefaults } from '../support/log-config.ts'
import { shared } from '../support/shared.ts'

const seen = shared('peer/seen/disk', 'log directories of a real Kafka')

/** What the real broker was told. */
const configs: Record<string, Partial<LogConfig>> = {
  plain: { 'segment.bytes': 700, 'index.interval.bytes': 150 },
  compacted: { 'segment.bytes': 400, 'cleanup.policy': ['compact'] },
  idempotent: { 'segment.bytes': 400 },
  transactional: { 'segment.bytes': 500 },
  'delete-records': { 'segment.bytes': 300 },
}

interface Opened {
  readonly directory: string
  readonly manager: LogManager
  readonly logger: FakeLogger
}

describe('log directories that a real Kafka wrote', function () {
  if (seen === null) {
    it.skip('needs the directories')
    return
  }
  const temporary: string[] = []
  before(prepareZstd)
  after(() => {
    for (const path of temporary) rmSync(path, { recursive: true, force: true })
  })

  function copyOf(name: string): string {
    const directory = mkdtempSync(join(tmpdir(), 'zurau-seen-'))
    temporary.push(directory)
    cpSync(join(seen as string, name), directory, { recursive: true })
    for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
      const full = join(directory, path)
      chmodSync(full, statSync(full).isDirectory() ? 0o755 : 0o644)
    }
    return directory
  }

  async function open(directory: string, producerIdExpirationMs = Infinity): Promise<Opened> {
    const logger = new FakeLogger()
    const manager = new LogManager({
      disk: new NodeDisk(),
      clock: new NodeClock(),
      random: new NodeRandom(),
      logger,
      directories: [directory],
      config: { ...logManagerConfigDefaults, 'producer.id.expiration.ms': producerIdExpirationMs },
      configOf: (topic) => ({
        ...logConfigDefaults,
        'retention.ms': -1,
        'segment.index.bytes': 4096,
        ...configs[topic],
      }),
      onWritten: () => undefined,
      onDirectoryOffline: (path, _logs, error) => {
        throw new Error(`${path} went offline`, { cause: error })
      },
    })
    manager.acquire()
    await manager.load()
    return { directory, manager, logger }
  }

  /** The batches of the whole log, read through the log. */
  async function read(log: Log): Promise<Buffer> {
    const buffers: Buffer[] = []
    for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
      const slice = await log.read({
        offset,
        maxBytes: 1 << 20,
        upperBoundOffset: Infinity,
        atLeastOneBatch: true,
      })
      expect(slice.nextOffset).to.be.greaterThan(offset)
      buffers.push(...slice.records)
      offset = slice.nextOffset
    }
    return Buffer.concat(buffers)
  }

  function dumpOf(set: string, log: Log): Map<string, string[]> {
    return parseDump(readFileSync(join(seen as string, set, `${log.name}.txt`), 'utf8'))
  }

  function expectedBatches(set: string, log: Log): string[] {
    return [...dumpOf(set, log)].filter(([file]) => file.endsWith('.log')).flatMap(([, lines]) => lines)
  }

  /** Positions count from the segment in Kafka's dump and from the beginning of what was read in ours. */
  function withoutPositions(lines: readonly string[]): string[] {
    return lines.map((line) => line.replace(/ position: [0-9]+/, ''))
  }

  function hasDump(set: string, log: Log): boolean {
    return existsSync(join(seen as string, set, `${log.name}.txt`)) && !log.name.startsWith('__')
  }

  for (const set of ['clean', 'killed', 'recovered', 'compacted-before', 'compacted-after', 'old-formats']) {
    it(`reads every record of ${set} as Kafka's dump has it`, async () => {
      const { manager } = await open(copyOf(set))
      let compared = 0
      for (const log of manager.logs()) {
        if (!hasDump(set, log)) continue
        const expected = withoutPositions(expectedBatches(set, log)).filter((line) => {
          const offset = Number(/(?:lastOffset|offset): ([0-9]+)/.exec(line)?.[1])
          return line.startsWith('|') || offset >= log.logStartOffset
        })
        const got = withoutPositions(dumpBatches(await read(log)))
        if (log.name === 'delete-records-0') {
          // The first batch that is read begins before the log start.
          expect(got.at(-1)).to.equal(expected.at(-1))
        } else expect(got, log.name).to.deep.equal(expected)
        compared++
      }
      expect(compared).to.be.greaterThan(0)
      await manager.close()
    })
  }

  it('takes the offsets of a cleanly stopped broker from its checkpoints', async () => {
    const { manager } = await open(copyOf('clean'))
    const offsets = Object.fromEntries(
      [...manager.logs()].map((log) => [
        log.name,
        [log.logStartOffset, log.highWatermark, log.logEndOffset, log.recoveryPoint],
      ]),
    )
    expect(offsets).to.deep.include({
      'plain-0': [0, 40, 40, 40],
      'delete-records-0': [5, 12, 12, 12],
      'empty-0': [0, 0, 0, 0],
      'epochs-0': [0, 3, 3, 3],
      'transactional-0': [0, 17, 17, 17],
      '__transaction_state-0': [0, 17, 17, 17],
    })
    expect(manager.logCount).to.equal(13)
    await manager.close()
  })

  it('knows producers, open and aborted transactions', async () => {
    const { manager } = await open(copyOf('clean'))
    const log = [...manager.logs()].find(({ name }) => name === 'transactional-0') as Log
    expect(log.lastStableOffset).to.equal(15)
    expect(log.activeProducers()).to.have.length(1)
    expect(log.activeProducers()[0]).to.include({
      producerId: 0,
      producerEpoch: 0,
      currentTransactionFirstOffset: 15,
    })
    const slice = await log.read({
      offset: 0,
      maxBytes: 1 << 20,
      upperBoundOffset: log.lastStableOffset,
      atLeastOneBatch: true,
      withAborted: true,
    })
    expect(slice.abortedTransactions).to.deep.equal([])
    const second = await log.read({
      offset: 2,
      maxBytes: 1 << 20,
      upperBoundOffset: log.lastStableOffset,
      atLeastOneBatch: true,
      withAborted: true,
    })
    expect(second.abortedTransactions).to.deep.equal([
      { producerId: 0, firstOffset: 3, lastOffset: 5, lastStableOffset: 6 },
    ])
    await manager.close()
  })

  it('forgets a leader epoch without records when it loads a log, as Kafka does', async () => {
    const { manager } = await open(copyOf('clean'))
    const log = [...manager.logs()].find(({ name }) => name === 'epochs-0') as Log
    expect(log.leaderEpochs.map(({ epoch, startOffset }) => [epoch, startOffset])).to.deep.equal([
      [0, 0],
      [3, 1],
      [7, 2],
    ])
    expect(log.endOffsetForEpoch(4)).to.deep.equal({ epoch: 3, endOffset: 2 })
    await manager.close()
  })

  it('finds timestamps', async () => {
    const { manager } = await open(copyOf('clean'))
    const log = [...manager.logs()].find(({ name }) => name === 'plain-0') as Log
    expect(await log.offsetForTimestamp(1700000009500)).to.deep.equal({
      offset: 20,
      timestamp: 1700000010000,
      leaderEpoch: 0,
    })
    expect(await log.offsetOfMaxTimestamp()).to.deep.equal({
      offset: 39,
      timestamp: 1700000019001,
      leaderEpoch: 0,
    })
    expect(await log.offsetForTimestamp(1800000000000)).to.equal(null)
    await manager.close()
  })

  it('leaves a cleanly stopped directory as it was when nothing happens', async () => {
    const directory = copyOf('clean')
    const before = contents(directory)
    // The log whose entries these are is kept in another directory here.
    for (const [name, bytes] of before) {
      if (!name.endsWith('offset-checkpoint') || name.includes('/')) continue
      const text = bytes.toString('utf8').replace('compacted 0 26\n', '').replace('\n14\n', '\n13\n')
      before.set(name, Buffer.from(text))
    }
    const { manager } = await open(directory)
    for (const log of manager.logs()) expect(log.activeProducers().length).to.be.lessThan(3)
    await manager.close()
    const after = contents(directory)
    // Kafka's lines stand in the order of a hash table.
    for (const [name, bytes] of before) {
      if (name.endsWith('offset-checkpoint'))
        expect(sortedLines(after.get(name)), name).to.deep.equal(sortedLines(bytes))
      else expect(after.get(name)?.toString('hex'), name).to.equal(bytes.toString('hex'))
    }
    expect([...after.keys()].filter((name) => !before.has(name) && name !== '.lock')).to.deep.equal([])
  })

  it('recovers what SIGKILL left to the same indexes, snapshots and epochs as Kafka', async () => {
    const directory = copyOf('killed')
    // The records are years old, and so are the producers.
    const { manager } = await open(directory, 86_400_000)
    await manager.close()
    for (const name of ['plain-0', 'idempotent-0', 'epochs-0']) {
      const recovered = join(seen, 'recovered', name)
      for (const file of readdirSync(recovered)) {
        const theirs = readFileSync(join(recovered, file))
        const ours = readFileSync(join(directory, name, file))
        // The running broker's index files were preallocated again.
        const isIndex = file.endsWith('index')
        expect(ours.toString('hex'), `${name}/${file}`).to.equal(
          (isIndex ? theirs.subarray(0, ours.length) : theirs).toString('hex'),
        )
        if (isIndex) expect(theirs.subarray(ours.length).every((byte) => byte === 0)).to.equal(true)
      }
      expect(readdirSync(join(directory, name)).sort()).to.deep.equal(readdirSync(recovered).sort())
    }
  })

  it('reads every snapshot as Kafka does', () => {
    let compared = 0
    for (const set of ['clean', 'killed', 'recovered']) {
      for (const dump of readdirSync(join(seen, set)).filter((name) => name.endsWith('.txt'))) {
        for (const [file, lines] of parseDump(readFileSync(join(seen, set, dump), 'utf8'))) {
          if (!file.endsWith('.snapshot')) continue
          expect(dumpSnapshot(readFileSync(join(seen, set, file))), file).to.deep.equal(lines)
          compared++
        }
      }
    }
    expect(compared).to.be.greaterThan(20)
  })
})

function contents(directory: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name)
    if (statSync(path).isFile()) files.set(name, readFileSync(path))
  }
  return files
}

function sortedLines(bytes: Buffer | undefined): string[] {
  return (bytes?.toString('utf8') ?? '').split('\n').sort()
}
