import { expect } from 'chai'
import type { Log } from '../../../src/log/log.ts'
import { LogDirMover } from '../../../src/replication/log-dir-mover.ts'
import type { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { LOG_DIR, LogWorld, topicPartition } from '../../support/log-fixture.ts'

const OTHER_DIR = '/data/b'
const T = 1_700_000_000_000

class MoveWorld extends LogWorld {
  bytesPerSecond = Infinity
  exchanges = 0
  mover = this.newMover()

  newMover(): LogDirMover {
    return new LogDirMover({
      clock: this.clock,
      logger: this.logger,
      logs: this.manager,
      bytesPerSecond: () => this.bytesPerSecond,
      movesAtOnce: () => 2,
      exchange: (_topicPartition, swap) => {
        this.exchanges++
        return Promise.resolve(swap())
      },
    })
  }
}

async function movable(): Promise<MoveWorld> {
  const world = new MoveWorld({ directories: [LOG_DIR, OTHER_DIR], config: { 'segment.bytes': 1000 } })
  await world.start()
  const log = world.manager.getOrCreate(topicPartition(), { isNew: true, topicId: null, directory: LOG_DIR })
  for (let i = 0; i < 50; i++) await write(world, log, i)
  return world
}

async function write(world: LogWorld, log: Log, i: number, leaderEpoch = 0): Promise<void> {
  await world.append(log, buildBatch([{ value: `v${i}`, timestamp: T + i }]), { leaderEpoch })
  log.setHighWatermark(log.logEndOffset)
}

const values = async (world: LogWorld): Promise<string[]> =>
  (await world.readAll(world.log())).map(({ value }) => String(value))
const names = (world: LogWorld, path: string): string[] =>
  world.disk.list(path).filter((name) => name.startsWith('orders-0'))

describe('the log directory mover', () => {
  it('moves a replica, with all that it was, and deletes it where it came from', async () => {
    const world = await movable()
    const before = world.log()
    before.assignLeaderEpoch(3, before.logEndOffset)
    const wanted = await values(world)
    await world.run(world.mover.move(before, OTHER_DIR))
    expect(names(world, OTHER_DIR)[0]).to.match(/^orders-0\.[0-9a-f]{32}-future$/)
    await world.clock.advance(1000)
    const after = world.log()
    expect(after.directory.path).to.equal(OTHER_DIR)
    expect(await values(world)).to.deep.equal(wanted)
    expect([after.logStartOffset, after.logEndOffset, after.highWatermark, after.latestEpoch]).to.deep.equal([
      0, 50, 50, 3,
    ])
    expect(names(world, OTHER_DIR)).to.deep.equal(['orders-0'])
    expect(names(world, LOG_DIR).every((name) => name.endsWith('-delete'))).to.equal(true)
    await world.clock.advance(60_001)
    expect(names(world, LOG_DIR)).to.deep.equal([])
    await write(world, after, 50)
    await world.killAndStart()
    expect(await values(world)).to.deep.equal([...wanted, 'v50'])
    expect(world.offline).to.deep.equal([])
  })

  it('keeps to its throttle, and takes what comes in meanwhile', async () => {
    const world = await movable()
    world.bytesPerSecond = 1000
    const log = world.log()
    await world.run(world.mover.move(log, OTHER_DIR))
    await world.clock.advance(1000)
    expect(world.log()).to.equal(log)
    for (let i = 50; i < 60; i++) await write(world, log, i, 1)
    await world.clock.advance(10_000)
    expect(world.log().directory.path).to.equal(OTHER_DIR)
    expect(await values(world)).to.deep.equal(Array.from({ length: 60 }, (_, i) => `v${i}`))
    expect(world.log().latestEpoch).to.equal(1)
  })

  it('follows a cut of the log', async () => {
    const world = await movable()
    world.bytesPerSecond = 1000
    const log = world.log()
    await world.run(world.mover.move(log, OTHER_DIR))
    await world.clock.advance(500)
    await world.run(log.truncateTo(10))
    log.assignLeaderEpoch(2, 10)
    await write(world, log, 100, 2)
    await world.clock.advance(10_000)
    expect(world.log().directory.path).to.equal(OTHER_DIR)
    expect(await values(world)).to.deep.equal([...Array.from({ length: 10 }, (_, i) => `v${i}`), 'v100'])
  })

  it('goes on after a restart', async () => {
    const world = await movable()
    world.bytesPerSecond = 500
    await world.run(world.mover.move(world.log(), OTHER_DIR))
    await world.clock.advance(1000)
    await world.killAndStart()
    expect(world.log().directory.path).to.equal(LOG_DIR)
    world.mover = world.newMover()
    world.mover.resume()
    await world.clock.advance(20_000)
    expect(world.log().directory.path).to.equal(OTHER_DIR)
    expect(await values(world)).to.have.length(50)
  })

  it('is called off by a move back, and by the deletion of the partition', async () => {
    const world = await movable()
    world.bytesPerSecond = 100
    const log = world.log()
    await world.run(world.mover.move(log, OTHER_DIR))
    await world.run(world.mover.move(log, LOG_DIR))
    await world.clock.advance(120_000)
    expect(world.log()).to.equal(log)
    expect(names(world, OTHER_DIR)).to.deep.equal([])
    await world.run(world.mover.move(log, OTHER_DIR))
    await world.run(world.manager.delete(topicPartition()))
    await world.clock.advance(120_000)
    expect([...names(world, OTHER_DIR), ...names(world, LOG_DIR)]).to.deep.equal([])
  })

  it('loses only the copy when the target fails', async () => {
    const world = await movable()
    const log = world.log()
    world.bytesPerSecond = 1000
    await world.run(world.mover.move(log, OTHER_DIR))
    world.disk.inject({ on: 'write', path: OTHER_DIR, times: Infinity, error: 'EIO' })
    await world.clock.advance(10_000)
    expect(world.log()).to.equal(log)
    expect(world.offline.map(({ path }) => path)).to.deep.equal([OTHER_DIR])
    await write(world, log, 50)
    expect(await values(world)).to.have.length(51)
  })

  it('knows only directories that are there', async () => {
    const world = await movable()
    const refused = (path: string): Promise<unknown> =>
      world.run(world.mover.move(world.log(), path).catch((error: unknown) => (error as KafkaError).error))
    expect(await refused('/data/c')).to.equal('LOG_DIR_NOT_FOUND')
    world.disk.inject({ on: 'any', path: OTHER_DIR, times: Infinity, error: 'EIO' })
    await world.run(world.mover.move(world.log(), OTHER_DIR).catch(() => undefined))
    expect(await refused(OTHER_DIR)).to.equal('KAFKA_STORAGE_ERROR')
  })
})
