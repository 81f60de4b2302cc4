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
/** Offset, length, epoch and magic at the beginning of a batch are not under its checksum. */
const UNCHECKED_BYTES = 17

/** What a damaged directory may come to. */
type Outcome =
  /** Everything is there, and right. */
  | 'whole'
  /** A beginning is there, and right. */
  | 'cut'
  /** A segment is missing in the middle. */
  | 'hole'
  /** The directory takes no part, the other one does. */
  | 'offline'
  /** The directory says that it is somebody else's: the broker does not start. */
  | 'refused'
  /** The log says that it is another topic's. */
  | 'another topic'
  /** What was deleted from the beginning is back, or more of it is gone. */
  | 'moved start'
  /** All is there, but a timestamp is found in another place. */
  | 'wrong time'
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

interface Rest {
  readonly times: readonly (number | undefined)[]
}

/** Everything that can be asked of a log. */
async function picture(
  world: LogWorld,
  log: Log,
): Promise<{ readonly values: string[]; readonly rest: Rest }> {
  const aborted = new Set<number>()
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    // One by one, so that every index is asked.
    const slice = await world.read(log, offset, { withAborted: true, maxBytes: 1 })
    for (const buffer of slice.records) if (!isBatchValid(buffer, 0)) throw new ChecksumMismatch()
    for (const { firstOffset } of slice.abortedTransactions ?? []) aborted.add(firstOffset)
    offset = slice.nextOffset
  }
  const values = (await world.readAll(log)).map(({ offset, value }) => `${offset} ${String(value)}`)
  const times: (number | undefined)[] = []
  for (const ms of [0, 2500, 4500, 8500])
    times.push((await world.run(log.offsetForTimestamp(T + ms)))?.offset)
  times.push((await world.run(log.offsetOfMaxTimestamp()))?.offset)
  const rest = {
    end: log.logEndOffset,
    topicId: log.topicId,
    epochs: log.leaderEpochs.map(({ epoch, startOffset }) => [epoch, startOffset]),
    producers: log
      .activeProducers()
      .map(({ producerId, producerEpoch, batches }) => [
        producerId,
        producerEpoch,
        batches.at(-1)?.lastSequence,
      ]),
    aborted: [...aborted],
    times,
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
      [0, 1],
      [1, 4],
      [2, 9],
    ],
    producers: [
      [4000, 0, 8],
      [5000, 1, 0],
    ],
    aborted: [7],
    // The last is that of the largest timestamp.
    times: [1, 3, 5, undefined, 8],
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
  let found: { readonly values: string[]; readonly rest: Rest } | null = null
  try {
    const log = orders(fresh)
    found = await picture(fresh, log)
    await fresh.append(log, buildBatch([{ key: 'k', value: 'new', timestamp: T }]), { leaderEpoch: 3 })
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
    if (values[0] === WHOLE.values[0]) {
      expect(WHOLE.values).to.include.members(values)
      return 'hole'
    }
    expect(values).to.deep.equal(ALL.slice(-values.length))
    return 'moved start'
  }
  const [times, rightTimes] = [rest.times, WHOLE.rest.times].map(String)
  expect({ values, rest: { ...rest, times: null } }).to.deep.equal({
    values: WHOLE.values,
    rest: { ...WHOLE.rest, times: null },
  })
  return times === rightTimes ? 'whole' : 'wrong time'
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

const WHOLE_ONLY: readonly Outcome[] = ['whole']

/** Each file, how it is damaged, how the broker had ended, and what may come of it. */
const TABLE: readonly (readonly [string, 'clean' | 'kill', readonly Damage[], readonly Outcome[]])[] = (
  ['clean', 'kill'] as const
).flatMap((end): (typeof TABLE)[number][] => {
  const isClean = end === 'clean'
  return [
    [segmentFile(3, '.index'), end, missing, WHOLE_ONLY],
    // After a clean stop nobody looks at an index before it is asked; a wrong answer is only a detour.
    [segmentFile(3, '.index'), end, [...truncations(8), ...flips(8)], WHOLE_ONLY],
    [segmentFile(3, '.timeindex'), end, missing, WHOLE_ONLY],
    // It has no checksum, here as in Kafka: a timestamp is believed, and the last one for the segment's largest.
    [segmentFile(3, '.timeindex'), end, [...truncations(12), ...flips(12)], ['whole', 'wrong time']],
    [segmentFile(6, '.txnindex'), end, [...truncations(33), ...flips(34).slice(32)], WHOLE_ONLY],
    [segmentFile(9, '.snapshot'), end, [...truncations(46), ...flips(46), ...missing], WHOLE_ONLY],
    [segmentFile(9, '.log'), end, truncations(SIZE), isClean ? ['offline'] : ['cut']],
    [
      segmentFile(9, '.log'),
      end,
      flips(SIZE - UNCHECKED_BYTES),
      isClean ? ['told by checksum', 'offline'] : ['cut'],
    ],
    [segmentFile(9, '.log'), end, missing, isClean ? ['offline'] : ['cut']],
    // Nothing says that it was there.
    [segmentFile(3, '.log'), end, missing, ['hole']],
    [`${FOLDER}/leader-epoch-checkpoint`, end, truncations(1), WHOLE_ONLY],
    [`${FOLDER}/leader-epoch-checkpoint`, end, truncations(4).slice(1), isClean ? ['offline'] : ['whole']],
    [`${FOLDER}/leader-epoch-checkpoint`, end, flips(4), isClean ? ['offline'] : ['whole']],
    [`${FOLDER}/partition.metadata`, end, truncations(23), ['offline']],
    [`${FOLDER}/partition.metadata`, end, flips(22), ['offline', 'another topic']],
    [`${FOLDER}/partition.metadata`, end, missing, WHOLE_ONLY],
    ...['recovery-point-offset-checkpoint', 'cleaner-offset-checkpoint'].map(
      (name): (typeof TABLE)[number] => [
        `${LOG_DIR}/${name}`,
        end,
        [...truncations(11), ...flips(11), ...missing],
        WHOLE_ONLY,
      ],
    ),
    [`${LOG_DIR}/replication-offset-checkpoint`, end, truncations(11), ['whole', 'offline']],
    [`${LOG_DIR}/replication-offset-checkpoint`, end, flips(11), ['whole', 'offline']],
    [`${LOG_DIR}/replication-offset-checkpoint`, end, missing, WHOLE_ONLY],
    [
      `${LOG_DIR}/log-start-offset-checkpoint`,
      end,
      [...truncations(11), ...flips(11), ...missing],
      ['whole', 'moved start'],
    ],
    [`${LOG_DIR}/meta.properties`, end, [...truncations(34), ...flips(34)], ['whole', 'refused']],
    [`${LOG_DIR}/meta.properties`, end, missing, WHOLE_ONLY],
  ]
})

const AFTER_CLEAN: typeof TABLE = [
  [segmentFile(11, '.snapshot'), 'clean', [...truncations(46), ...flips(46), ...missing], WHOLE_ONLY],
  [`${LOG_DIR}/.kafka_cleanshutdown`, 'clean', [...truncations(30), ...flips(30), ...missing], WHOLE_ONLY],
]

describe('a damaged file of a log directory', function () {
  this.timeout(30_000)

  for (const end of ['clean', 'kill'] as const) {
    it(`is none, to begin with, after a ${end} end`, async () => {
      expect(await outcome(await written(end))).to.equal('whole')
    })
  }

  for (const [path, end, damages, allowed] of [...TABLE, ...AFTER_CLEAN]) {
    const name = path.slice(LOG_DIR.length + 1)
    it(`${name}, ${nameOf(damages)}, after a ${end} end: ${allowed.join(' or ')}`, async () => {
      const image = await written(end)
      expect(image.disk.status(path), path).not.to.equal(null)
      for (const [what, act] of damages) {
        const world = await written(end)
        act(world.disk, path)
        expect(await outcome(world), `${path} ${what}`).to.be.oneOf([...allowed])
      }
    })
  }
})

function nameOf(damages: readonly Damage[]): string {
  const [first, last] = [damages[0]?.[0] ?? '', damages.at(-1)?.[0] ?? '']
  return damages.length === 1 ? first : `${first} … ${last} (${damages.length})`
}
