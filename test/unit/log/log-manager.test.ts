import { expect } from 'chai'
import { DirectoryLockedError } from '../../../src/log/log-directory.ts'
import { InconsistentMetadataError } from '../../../src/log/meta-properties.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import type { Uuid } from '../../../src/model/uuid.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { LOG_DIR, LogWorld, topicPartition } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000
const OTHER_DIR = '/data/b'
const topicId = '5L6g3nShT-eMCtK--X86sw' as Uuid
const otherId = '6L6g3nShT-eMCtK--X86sw' as Uuid
const batch = buildBatch([{ value: 'x', timestamp: T }])

function error(action: () => unknown): string {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof KafkaError) return thrown.error
    throw thrown
  }
  return 'NONE'
}

function text(world: LogWorld, path: string): string {
  return world.disk.readSmallFile(path).toString()
}

describe('the log manager', () => {
  describe('at the start', () => {
    it('keeps other processes out of its directories', async () => {
      const world = await new LogWorld().start()
      const second = new LogWorld({ image: world.disk.image })
      expect(() => second.manager.acquire()).to.throw(
        DirectoryLockedError,
        /Kafka instance in another process/,
      )
      await world.stop()
      second.manager.acquire()
    })

    it('signs new directories, and recognises its own', async () => {
      const world = new LogWorld({ directories: [LOG_DIR, OTHER_DIR] })
      world.manager.acquire()
      expect(world.manager.metaProperties()).to.deep.equal({ clusterId: null, brokerId: null })
      await world.run(world.manager.claim({ clusterId: 'c', brokerId: 3 }))
      expect(text(world, `${LOG_DIR}/meta.properties`)).to.match(
        /^#\n#.*\nbroker\.id=3\nversion=0\ncluster\.id=c\n$/,
      )
      expect(world.manager.metaProperties()).to.deep.equal({ clusterId: 'c', brokerId: 3 })
      for (const owner of [
        { clusterId: 'c', brokerId: 4 },
        { clusterId: 'd', brokerId: 3 },
      ]) {
        const refused = await world.run(
          world.manager.claim(owner).then(
            () => null,
            (thrown: unknown) => thrown,
          ),
        )
        expect(refused).to.be.instanceOf(InconsistentMetadataError)
      }
    })

    it('goes on without a directory that fails, but not without any', async () => {
      const world = new LogWorld({ directories: [LOG_DIR, OTHER_DIR] })
      world.disk.inject({ on: 'makeDirectory', path: LOG_DIR, times: Infinity, error: 'EIO' })
      world.manager.acquire()
      expect(
        world.manager.describeDirectories().map(({ path, error: why }) => [path, why !== null]),
      ).to.deep.equal([
        [LOG_DIR, true],
        [OTHER_DIR, false],
      ])
      const none = new LogWorld()
      none.disk.inject({ on: 'makeDirectory', times: Infinity, error: 'EACCES' })
      expect(() => none.manager.acquire()).to.throw(/EACCES/)
    })

    it('takes only partitions for partitions', async () => {
      const world = await new LogWorld().start()
      await world.append(world.log(), batch)
      await world.stop()
      world.disk.makeDirectory(`${LOG_DIR}/remote-log-index-cache`)
      world.disk.makeDirectory(`${LOG_DIR}/lost-3.0123456789abcdef0123456789abcdef-stray`)
      world.disk.makeDirectory(`${LOG_DIR}/gone-3.0123456789abcdef0123456789abcdef-delete`)
      world.disk.open(`${LOG_DIR}/file-1`, { mode: 'write' }).close()
      await world.killAndStart()
      expect([...world.manager.logs()].map((log) => log.name)).to.deep.equal(['orders-0'])
      await world.clock.advance(1)
      expect(world.disk.list(LOG_DIR).filter((name) => name.endsWith('-delete'))).to.deep.equal([])
      expect(world.disk.list(LOG_DIR).some((name) => name.endsWith('-stray'))).to.equal(true)
    })

    it('refuses a partition that lies in two directories', async () => {
      const world = await new LogWorld({ directories: [LOG_DIR, OTHER_DIR] }).start()
      await world.append(world.log(), batch)
      await world.stop()
      world.disk.makeDirectory(`${OTHER_DIR}/orders-0`)
      let thrown: unknown = null
      await world.killAndStart().catch((reason: unknown) => (thrown = reason))
      expect(String(thrown)).to.contain('Duplicate log directories found for orders-0')
    })

    it('knows a clean stop once: a kill soon after is not clean', async () => {
      const world = await new LogWorld().start()
      await world.append(world.log(), batch)
      await world.stop()
      expect(text(world, `${LOG_DIR}/.kafka_cleanshutdown`)).to.equal('{"version":0,"brokerEpoch":-1}')
      await world.killAndStart()
      expect(world.disk.list(LOG_DIR)).not.to.include('.kafka_cleanshutdown')
      await world.append(world.log(), batch)
      await world.killAndStart()
      expect(world.log().logEndOffset).to.equal(2)
    })

    it('loads many logs, with the watermarks that were written down', async () => {
      const world = await new LogWorld({ managerConfig: { 'num.recovery.threads.per.data.dir': 4 } }).start()
      for (let i = 0; i < 50; i++) {
        await world.append(world.log('orders', i), batch)
        world.log('orders', i).setHighWatermark(i % 2)
      }
      for (const again of [() => world.restart(), () => world.killAndStart()]) {
        await again()
        expect(world.manager.logCount).to.equal(50)
        for (let i = 0; i < 50; i++) expect(world.log('orders', i).highWatermark).to.equal(i % 2)
      }
    })
  })

  describe('with logs', () => {
    it('makes them where fewest are', async () => {
      const world = await new LogWorld({ directories: [LOG_DIR, OTHER_DIR, '/data/c'] }).start()
      for (let i = 0; i < 9; i++) world.log('orders', i)
      expect(world.manager.describeDirectories().map(({ logs }) => logs.length)).to.deep.equal([3, 3, 3])
    })

    it('makes them where it is told', async () => {
      const world = await new LogWorld({ directories: [LOG_DIR, OTHER_DIR] }).start()
      const options = { isNew: true, topicId: null }
      const log = world.manager.getOrCreate(topicPartition(), { ...options, directory: OTHER_DIR })
      expect(log.directory.path).to.equal(OTHER_DIR)
      expect(
        error(() => world.manager.getOrCreate(topicPartition('x'), { ...options, directory: '/nowhere' })),
      ).to.equal('LOG_DIR_NOT_FOUND')
    })

    it('gives the one that is there, if it is the same topic', async () => {
      const world = await new LogWorld().start()
      const log = world.manager.getOrCreate(topicPartition(), { isNew: true, topicId })
      expect(world.manager.getOrCreate(topicPartition(), { isNew: false, topicId })).to.equal(log)
      expect(world.manager.getOrCreate(topicPartition(), { isNew: false, topicId: null })).to.equal(log)
      expect(
        error(() => world.manager.getOrCreate(topicPartition(), { isNew: false, topicId: otherId })),
      ).to.equal('INCONSISTENT_TOPIC_ID')
      await world.append(log, batch)
      await world.restart()
      expect(text(world, `${LOG_DIR}/orders-0/partition.metadata`)).to.equal(
        `version: 0\ntopic_id: ${topicId}`,
      )
      expect(world.log().topicId).to.equal(topicId)
    })

    it('gives an old log its topic id', async () => {
      const world = await new LogWorld().start()
      await world.append(world.log(), batch)
      const log = world.manager.getOrCreate(topicPartition(), { isNew: false, topicId })
      expect(log.topicId).to.equal(topicId)
    })

    it('does not make one again that may lie in a directory which is offline', async () => {
      const world = await new LogWorld({ directories: [LOG_DIR, OTHER_DIR] }).start()
      const log = world.log()
      world.disk.inject({ on: 'write', path: LOG_DIR, error: 'EIO' })
      await world.append(log, batch)
      expect(world.offline).to.have.length(1)
      expect(
        error(() => world.manager.getOrCreate(topicPartition(), { isNew: false, topicId: null })),
      ).to.equal('KAFKA_STORAGE_ERROR')
      expect(world.log('new').directory.path).to.equal(OTHER_DIR)
    })

    it('gives them their topic’s new config', async () => {
      const world = await new LogWorld().start()
      const [log, other] = [world.log('orders', 1), world.log('other', 0)]
      world.manager.updateConfig('orders', { ...world.config, 'max.message.bytes': 10 })
      expect(error(() => log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' }))).to.equal(
        'MESSAGE_TOO_LARGE',
      )
      expect(error(() => other.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' }))).to.equal('NONE')
      await world.settle()
    })

    it('deletes them: at once for everybody, from the disk later', async () => {
      const world = await new LogWorld().start()
      const log = world.log()
      await world.append(log, batch)
      log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
      await world.run(world.manager.delete(topicPartition()))
      expect(world.manager.get(topicPartition())).to.equal(null)
      const names = world.disk.list(LOG_DIR).filter((name) => name.startsWith('orders'))
      expect(names).to.have.length(1)
      expect(names[0]).to.match(/^orders-0\.[0-9a-f]{32}-delete$/)
      const again = world.log()
      expect(again.logEndOffset).to.equal(0)
      await world.append(again, batch)
      await world.clock.advance(60_000)
      expect(world.disk.list(LOG_DIR).filter((name) => name.startsWith('orders'))).to.deep.equal(['orders-0'])
      expect((await world.readAll(again)).length).to.equal(1)
      expect(log.directory.unwrittenBytes).to.equal(0)
    })

    it('lets a partition be made again while the old one is still being taken away', async () => {
      const world = await new LogWorld({ latencyMs: () => 3 }).start()
      const old = world.manager.getOrCreate(topicPartition(), { isNew: true, topicId })
      old.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
      const deleting = world.manager.delete(topicPartition())
      const young = world.manager.getOrCreate(topicPartition(), { isNew: true, topicId: otherId })
      young.appendAsLeader(batch, { leaderEpoch: 5, origin: 'client' })
      await world.run(deleting)
      await world.clock.advance(1000)
      expect(world.offline).to.deep.equal([])
      await world.restart()
      expect(world.log().topicId).to.equal(otherId)
      expect(world.log().leaderEpochs).to.deep.equal([{ epoch: 5, startOffset: 0 }])
      expect(world.log().logEndOffset).to.equal(1)
    })
  })

  describe('from time to time', () => {
    it('writes down high watermarks, if any has moved', async () => {
      const world = await new LogWorld().start()
      world.manager.startTasks()
      const log = world.log()
      await world.append(log, batch)
      log.setHighWatermark(1)
      await world.clock.advance(5000)
      expect(text(world, `${LOG_DIR}/replication-offset-checkpoint`)).to.equal('0\n1\norders 0 1\n')
      const writes = world.disk.inject({
        on: 'rename',
        path: `${LOG_DIR}/replication-offset-checkpoint.tmp`,
        times: Infinity,
        delayMs: 0,
      })
      await world.clock.advance(20_000)
      expect(writes.hits).to.equal(0)
      await world.stop()
    })

    it('writes down recovery points and log starts', async () => {
      const world = await new LogWorld().start()
      world.manager.startTasks()
      const log = world.log()
      for (let i = 0; i < 4; i++) await world.append(log, batch)
      log.setHighWatermark(4)
      log.deleteRecordsBefore(2)
      await world.run(log.flush())
      await world.clock.advance(31_000)
      expect(text(world, `${LOG_DIR}/recovery-point-offset-checkpoint`)).to.equal('0\n1\norders 0 4\n')
      expect(text(world, `${LOG_DIR}/log-start-offset-checkpoint`)).to.equal('0\n1\norders 0 2\n')
      await world.stop()
    })

    it('applies retention', async () => {
      const world = await new LogWorld({ config: { 'retention.ms': 1000 } }).start()
      world.manager.startTasks()
      const log = world.log()
      await world.append(log, batch)
      log.setHighWatermark(1)
      await world.clock.advance(31_000)
      expect(log.logStartOffset).to.equal(1)
      await world.stop()
    })

    it('flushes what was not flushed for flush.ms', async () => {
      const world = await new LogWorld({
        config: { 'flush.ms': 2000 },
        managerConfig: { 'log.flush.scheduler.interval.ms': 500, 'log.initial.task.delay.ms': 500 },
      }).start()
      world.manager.startTasks()
      const log = world.log()
      await world.append(log, batch)
      await world.clock.advance(1000)
      expect(log.recoveryPoint).to.equal(0)
      await world.clock.advance(1500)
      expect(log.recoveryPoint).to.equal(1)
      await world.stop()
    })

    it('forgets silent producers', async () => {
      const world = await new LogWorld({
        managerConfig: {
          'producer.id.expiration.ms': 60_000,
          'producer.id.expiration.check.interval.ms': 1000,
        },
      }).start()
      world.manager.startTasks()
      const log = world.log()
      await world.append(
        log,
        buildBatch([{ value: 'x', timestamp: T }], { producerId: 1, producerEpoch: 0, baseSequence: 0 }),
      )
      await world.clock.advance(59_000)
      expect(log.activeProducers()).to.have.length(1)
      await world.clock.advance(3000)
      expect(log.activeProducers()).to.deep.equal([])
      await world.stop()
    })

    it('leaves nothing behind when it stops', async () => {
      const world = await new LogWorld({ config: { 'segment.bytes': 200 } }).start()
      world.manager.startTasks()
      for (let i = 0; i < 20; i++) await world.append(world.log('orders', i % 3), batch)
      await world.clock.advance(100_000)
      await world.run(world.manager.delete(topicPartition('orders', 1)))
      await world.stop()
      expect(world.disk.openFiles).to.equal(0)
      expect(world.clock.pendingTimers).to.equal(0)
      expect(world.offline).to.deep.equal([])
    })
  })

  describe('when a directory fails', () => {
    for (const [what, fault, act] of [
      ['a read', { on: 'read' }, (world: LogWorld) => world.read(world.log(), 0).catch(() => undefined)],
      ['a flush', { on: 'sync' }, (world: LogWorld) => world.run(world.log().flush()).catch(() => undefined)],
      [
        'a checkpoint',
        { on: 'rename' },
        (world: LogWorld) => world.run(world.manager.upkeep.checkpointRecoveryPoints()),
      ],
      [
        'a flush and in every close behind it',
        { on: ['sync', 'close'] },
        (world: LogWorld) => world.run(world.log().flush()).catch(() => undefined),
      ],
      [
        'a truncation',
        { on: 'truncate' },
        (world: LogWorld) => world.run(world.log().truncateTo(0)).catch(() => undefined),
      ],
    ] as const) {
      it(`in ${what}, goes on with the others`, async () => {
        const world = await new LogWorld({
          directories: [LOG_DIR, OTHER_DIR],
          config: { 'segment.bytes': 150 },
        }).start()
        for (let i = 0; i < 5; i++) {
          await world.append(world.log('orders', 0), batch)
          await world.append(world.log('orders', 1), batch)
        }
        await world.restart()
        await world.append(world.log(), batch)
        const lost = world.log()
        world.disk.inject({ ...fault, path: LOG_DIR, times: Infinity, error: 'EIO' })
        await act(world)
        await world.clock.advance(100)
        expect(world.offline.map(({ path }) => path)).to.deep.equal([LOG_DIR])
        expect(error(() => lost.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' }))).to.equal(
          'KAFKA_STORAGE_ERROR',
        )
        expect(await world.readAll(world.log('orders', 1))).to.have.length(5)
        world.disk.clearFaults()
        await world.stop()
        expect(world.disk.list(LOG_DIR)).not.to.include('.kafka_cleanshutdown')
        expect(world.disk.openFiles).to.equal(0)
      })
    }

    it('in a close that another directory needed, takes the right one offline', async () => {
      const world = await new LogWorld({ directories: [LOG_DIR, OTHER_DIR], maxOpenFiles: 2 }).start()
      await world.append(world.log('orders', 0), batch)
      await world.append(world.log('orders', 1), batch)
      world.log('orders', 2)
      world.disk.inject({ on: 'close', path: LOG_DIR, times: Infinity, error: 'EIO' })
      await world.append(world.log('orders', 3), batch)
      expect(world.offline.map(({ path }) => path)).to.deep.equal([LOG_DIR])
      expect(await world.readAll(world.log('orders', 1))).to.have.length(1)
      expect(await world.readAll(world.log('orders', 3))).to.have.length(1)
      await world.stop()
      expect(world.disk.list(OTHER_DIR)).to.include('.kafka_cleanshutdown')
      expect(world.disk.openFiles).to.equal(0)
    })

    it('in the close of the last file, does not call the stop a clean one', async () => {
      const world = await new LogWorld().start()
      await world.append(world.log(), batch)
      world.disk.inject({ on: 'close', path: /\.log$/, error: 'EIO' })
      await world.stop()
      expect(world.offline).to.have.length(1)
      expect(world.disk.list(LOG_DIR)).not.to.include('.kafka_cleanshutdown')
    })

    it('tells its owner once, with the logs that are lost', async () => {
      const world = await new LogWorld().start()
      const logs = [world.log('orders', 0), world.log('orders', 1)]
      world.disk.inject({ on: 'write', times: Infinity, error: 'ENOSPC' })
      for (const log of logs) log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
      await world.settle()
      expect(world.offline).to.have.length(1)
      expect(world.offline[0]?.logs).to.deep.equal(logs)
      expect(world.manager.logCount).to.equal(0)
    })
  })
})
