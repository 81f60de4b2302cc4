import { expect } from 'chai'
import type { Log } from '../../../src/log/log.ts'
import { InconsistentMetadataError } from '../../../src/log/meta-properties.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import type { Uuid } from '../../../src/model/uuid.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { isBatchValid } from '../../../src/records/record-batch.ts'
import { present } from '../../../src/std/assert.ts'
import { buildEndTransactionBatch } from '../../../src/records/control-record.ts'
import type { FakeDisk } from '../../fakes/disk.ts'
import { LOG_DIR, LogWorld, topicPartition } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000
const OTHER_DIR = '/data/b'
const FOLDER = `${LOG_DIR}/orders-0`
const OWNER = { clusterId: 'L9vdFNsDTuKVdWMmRBVHFA', brokerId: 3 }
const topicId = '5L6g3nShT-eMCtK--X86sw' as Uuid
const SIZE = one(0).length

/** What a damaged directory may come to. */
type Outcome =
  /** Everything is there, and right. */
  | 'whole'
  /** A beginning is there, and right. */
  | 'cut'
  /** The directory takes no part, the other one does. */
  | 'offline'
  /** The directory says that it is somebody else's: the broker does not start. */
  | 'refused'
  /** The log says that it is another topic's. */
  | 'another topic'
  /** What was deleted from the beginning is back, or more of it is gone. */
  | 'moved start'
  /** Batches are served whose checksum tells the reader. */
  | 'told by checksum'

function one(i: number): Buffer {
  return buildBatch([{ key: `k${i}`, value: `value ${i}`, timestamp: T + i * 1000 }], {
    producerId: 4000,
    producerEpoch: 0,
    baseSequence: i,
  })
}

/**
 * Two directories with a log each. `orders` in the first has segments at 0, 3, 6 and 9; 6 ends with an abort; the
 * first record was deleted.
 */
async function written(end: 'clean' | 'kill'): Promise<LogWorld> {
  const world = new LogWorld({
    directories: [LOG_DIR, OTHER_DIR],
    config: { 'index.interval.bytes': SIZE - 1, 'cleanup.policy': ['compact'] },
    managerConfig: { 'log.cleaner.enable': false },
  })
  world.manager.acquire()
  await world.run(world.manager.claim(OWNER))
  await world.run(world.manager.load())
  const log = orders(world)
  const producer = { producerId: 5000, producerEpoch: 1 }
  for (let i = 0; i < 7; i++) {
    if (i === 3 || i === 6) log.rollNow()
    await world.append(log, one(i), { leaderEpoch: Math.floor(i / 4) })
  }
  await world.append(
    log,
    buildBatch([{ key: 'k', value: 'never', timestamp: T + 7000 }], {
      ...producer,
      baseSequence: 0,
      isTransactional: true,
    }),
    { leaderEpoch: 1 },
  )
  await world.append(
    log,
    buildEndTransactionBatch({ ...producer, result: 'abort', coordinatorEpoch: 0, timestamp: T + 8000 }),
    { leaderEpoch: 1, origin: 'coordinator' },
  )
  log.rollNow()
  for (let i = 7; i < 9; i++) await world.append(log, one(i), { leaderEpoch: 2 })
  log.setHighWatermark(log.logEndOffset)
  log.deleteRecordsBefore(1)
  log.firstDirtyOffset = 3
  await world.append(other(world), one(0))
  await world.run(log.flush())
  for (const directory of world.manager.onlineDirectories) {
    world.manager.upkeep.saveFirstDirtyOffsets(directory)
    await world.run(world.manager.upkeep.checkpoint(directory))
  }
  if (end === 'clean') await world.stop()
  else world.disk.kill()
  return world
}

function orders(world: LogWorld): Log {
  const options = { isNew: false, topicId, directory: LOG_DIR }
  return world.manager.getOrCreate(topicPartition(), options)
}

function other(world: LogWorld): Log {
  const options = { isNew: true, topicId: null, directory: OTHER_DIR }
  return world.manager.getOrCreate(topicPartition('other'), options)
}

/** Everything that can be asked of a log. */
async function picture(world: LogWorld, log: Log): Promise<{ readonly values: string[]; readonly rest: unknown }> {
  const aborted = new Set<number>()
  for (let offset = 0; offset < log.logEndOffset;) {
    // One by one, so that every index is asked.
    const slice = await world.read(log, offset, { withAborted: true, maxBytes: 1 })
    for (const buffer of slice.records) if (!isBatchValid(buffer, 0)) throw new ChecksumMismatch()
    for (const { firstOffset } of slice.abortedTransactions ?? []) aborted.add(firstOffset)
    offset = slice.nextOffset
  }
  const values = (await world.readAll(log)).map(({ offset, value }) => `${offset} ${String(value)}`)
  const times: (number | undefined)[] = []
  for (const ms of [0, 2500, 4500, 8500]) times.push((await world.run(log.offsetForTimestamp(T + ms)))?.offset)
  const rest = {
    end: log.logEndOffset,
    topicId: log.topicId,
    epochs: log.leaderEpochs.map(({ epoch, startOffset }) => [epoch, startOffset]),
    producers: log
      .activeProducers()
      .map(({ producerId, producerEpoch, batches }) => [producerId, producerEpoch, batches.at(-1)?.lastSequence]),
    aborted: [...aborted],
    times,
    latest: (await world.run(log.offsetOfMaxTimestamp()))?.offset,
  }
  return { values, rest }
}

const ALL = [
    ...[0, 1, 2, 3, 4, 5, 6].map((i) => `${i} value ${i}`),
    '7 never',
    expectMarker(),
    '9 value 7',
    '10 value 8',
  ]
const WHOLE = {
  values: ALL.slice(1),
  rest: {
    end: 11,
    topicId,
    epochs: [
      [0, 0],
      [1, 4],
      [2, 9],
    ],
    producers: [
      [4000, 0, 8],
      [5000, 1, 0],
    ],
    aborted: [7],
    times: [1, 3, 5, undefined],
    latest: 8,
  },
}

function expectMarker(): string {
  return `8 ${Buffer.from([0, 0, 0, 0, 0, 0]).toString()}`
}

/** Starts on the damaged disk and says what came of it; what is none of the outcomes fails. */
async function outcome(world: LogWorld): Promise<Outcome> {
  const fresh = new LogWorld({
    image: world.disk.image,
    directories: [LOG_DIR, OTHER_DIR],
    config: world.config,
    managerConfig: { 'log.cleaner.enable': false },
  })
  fresh.manager.acquire()
  try {
    await fresh.run(fresh.manager.claim(OWNER))
  } catch (error) {
    expect(error).to.be.instanceOf(InconsistentMetadataError)
    return 'refused'
  }
  await fresh.run(fresh.manager.load())
  let told: Outcome | null = null
  let found: { readonly values: string[]; readonly rest: unknown } | null = null
  try {
    const log = orders(fresh)
    found = await picture(fresh, log)
    await fresh.append(log, one(9), { leaderEpoch: 3 })
  } catch (error) {
    told = outcomeOf(error)
  }
  await fresh.settle()
  expect(await fresh.readAll(other(fresh))).to.have.length(1)
  const isOffline = fresh.offline.length > 0
  if (isOffline) expect(fresh.offline.map(({ path }) => path)).to.deep.equal([LOG_DIR])
  await fresh.stop()
  expect(fresh.disk.openFiles).to.equal(0)
  if (isOffline) return 'offline'
  if (told !== null) return told
  const { values, rest } = present(found, 'the log')
  if (values.length < WHOLE.values.length && values.at(-1) !== ALL.at(-1)) {
    expect(values).to.deep.equal(WHOLE.values.slice(0, values.length))
    return 'cut'
  }
  if (values.length !== WHOLE.values.length) {
    expect(values).to.deep.equal(ALL.slice(-values.length))
    return 'moved start'
  }
  expect({ values, rest }).to.deep.equal(WHOLE)
  return 'whole'
}

function outcomeOf(error: unknown): Outcome | null {
  if (error instanceof ChecksumMismatch) return 'told by checksum'
  if (!(error instanceof KafkaError)) throw error
  if (error.error === 'CORRUPT_MESSAGE') return 'told by checksum'
  if (error.error === 'INCONSISTENT_TOPIC_ID') return 'another topic'
  if (error.error !== 'KAFKA_STORAGE_ERROR') throw error
  return 'offline'
}

class ChecksumMismatch extends Error {}

type Damage = readonly [what: string, act: (disk: FakeDisk, path: string) => void]

function truncations(bytes: number): Damage[] {
  return Array.from({ length: bytes }, (_, i) => [
    `without its last ${i + 1} bytes`,
    (disk, path) => {
      const file = disk.open(path, { mode: 'write' })
      file.truncate(Math.max(0, file.sizeBytes() - i - 1))
      file.close()
    },
  ])
}

function flips(bytes: number): Damage[] {
  return Array.from({ length: bytes }, (_, i) => [
    `with a bit turned over ${i + 1} bytes before its end`,
    (disk, path) => disk.flipBit(path, (disk.status(path)?.sizeBytes ?? 0) - i - 1, i % 8),
  ])
}

const missing: Damage[] = [['missing', (disk, path) => disk.remove(path)]]

function segmentFile(base: number, suffix: string): string {
  return `${FOLDER}/${String(base).padStart(20, '0')}${suffix}`
}

const TABLE: [string, 'clean' | 'kill', Damage[], readonly Outcome[]][] = []
for (const end of ['clean', 'kill'] as const) {
  TABLE.push(
    [segmentFile(3, '.index'), end, [...truncations(8), ...missing], []],
    [segmentFile(3, '.index'), end, flips(8), []],
    [segmentFile(3, '.timeindex'), end, [...truncations(12), ...missing], []],
    [segmentFile(3, '.timeindex'), end, flips(12), []],
    [segmentFile(6, '.txnindex'), end, [...truncations(34)], []],
    [segmentFile(6, '.txnindex'), end, missing, []],
    [segmentFile(6, '.txnindex'), end, flips(34), []],
    [segmentFile(9, '.snapshot'), end, [...truncations(46), ...flips(46), ...missing], []],
    [segmentFile(11, '.snapshot'), end, [...truncations(46), ...flips(46), ...missing], []],
    [segmentFile(9, '.log'), end, truncations(SIZE), []],
    [segmentFile(9, '.log'), end, flips(SIZE), []],
    [segmentFile(9, '.log'), end, missing, []],
    [segmentFile(3, '.log'), end, missing, []],
    [`${FOLDER}/leader-epoch-checkpoint`, end, truncations(4), []],
    [`${FOLDER}/leader-epoch-checkpoint`, end, flips(4), []],
    [`${FOLDER}/leader-epoch-checkpoint`, end, missing, []],
    [`${FOLDER}/partition.metadata`, end, truncations(23), []],
    [`${FOLDER}/partition.metadata`, end, flips(22), []],
    [`${FOLDER}/partition.metadata`, end, missing, []],
    ...['recovery-point-offset-checkpoint', 'replication-offset-checkpoint', 'log-start-offset-checkpoint', 'cleaner-offset-checkpoint'].flatMap(
      (name): typeof TABLE => [
        [`${LOG_DIR}/${name}`, end, truncations(11), []],
        [`${LOG_DIR}/${name}`, end, flips(11), []],
        [`${LOG_DIR}/${name}`, end, missing, []],
      ],
    ),
    [`${LOG_DIR}/.kafka_cleanshutdown`, end, [...truncations(30), ...flips(30), ...missing], []],
    [`${LOG_DIR}/meta.properties`, end, truncations(34), []],
    [`${LOG_DIR}/meta.properties`, end, flips(34), []],
    [`${LOG_DIR}/meta.properties`, end, missing, []],
  )
}

describe('a damaged file of a log directory', () => {
  it('is none, to begin with', async () => {
    for (const end of ['clean', 'kill'] as const) expect(await outcome(await written(end))).to.equal('whole')
  })
  for (const [path, end, damages, expected] of TABLE) {
    it(`${path} after ${end}`, async function () {
      const seen = new Map<string, string[]>()
      for (const [what, act] of damages) {
        const world = await written(end)
        if (world.disk.status(path) === null) return this.skip()
        act(world.disk, path)
        const result = await outcome(world).catch((e: Error) => `WRONG ${e.message.slice(0, 300)}`)
        seen.set(result, [...(seen.get(result) ?? []), what])
      }
      for (const [k, v] of seen) console.log('   ', k, v.length, v[0])
      void expected
    })
  }
})
