import { expect } from 'chai'
import type { Log } from '../../../src/log/log.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import type { DiskFault } from '../../fakes/disk-faults.ts'
import { LOG_DIR, LogWorld, topicPartition } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000

function append(log: Log, bytes = 10): void {
  const batch = buildBatch([{ value: Buffer.alloc(bytes, 65), timestamp: T }])
  log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
}

/** What became of every promise: 'written', the name of the error, or null while it waits. */
function outcomes(promises: readonly Promise<void>[]): (string | null)[] {
  const seen: (string | null)[] = promises.map(() => null)
  promises.forEach((promise, i) => {
    promise.then(
      () => (seen[i] = 'written'),
      (error: unknown) => (seen[i] = error instanceof KafkaError ? error.error : String(error)),
    )
  })
  return seen
}

/** A log whose batches are written off the event loop, and shown 10 ms later. */
async function slowLog(options: Partial<DiskFault> = {}): Promise<[LogWorld, Log]> {
  const world = await new LogWorld({ config: { 'flush.messages': 1 } }).start()
  const log = world.log()
  world.disk.inject({ on: 'sync', path: /\.log$/, times: Infinity, delayMs: 10, ...options })
  return [world, log]
}

describe('waiting until a log is written', () => {
  it('has nothing to wait for when all is written', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    await log.whenWritten()
    append(log)
    await world.settle()
    await log.whenWritten()
    expect(log.logEndOffset).to.equal(1)
  })

  it('tells everybody when what had come before is written, and nobody sooner', async () => {
    const [world, log] = await slowLog()
    append(log)
    const waiting = [log.whenWritten(), log.whenWritten()]
    await world.clock.advance(5)
    append(log)
    const seen = outcomes([...waiting, log.whenWritten(), log.whenWritten()])
    await world.clock.advance(4)
    expect(seen).to.deep.equal([null, null, null, null])
    await world.clock.advance(1)
    expect(log.logEndOffset).to.equal(1)
    expect(seen).to.deep.equal(['written', 'written', null, null])
    append(log)
    await world.clock.advance(10)
    expect(log.logEndOffset, 'the latest batch is on its way').to.equal(2)
    expect(seen).to.deep.equal(Array(4).fill('written'))
  })

  it('lets a cut wait together with others', async () => {
    const [world, log] = await slowLog()
    append(log)
    append(log)
    const seen = outcomes([log.whenWritten(), log.truncateTo(1), log.whenWritten()])
    await world.clock.advance(50)
    expect(seen).to.deep.equal(['written', 'written', 'written'])
    expect([log.nextOffset, log.logEndOffset]).to.deep.equal([1, 1])
  })

  it('ends with an error when the directory fails', async () => {
    const [world, log] = await slowLog({ error: 'EIO' })
    append(log)
    const seen = outcomes([log.whenWritten(), log.whenWritten()])
    await world.clock.advance(10)
    expect(seen).to.deep.equal(['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR'])
    const late = outcomes([log.whenWritten()])
    await world.settle()
    expect(late).to.deep.equal(['KAFKA_STORAGE_ERROR'])
  })

  it('ends with an error when another log has brought the directory down', async () => {
    const [world, log] = await slowLog()
    append(log)
    const seen = outcomes([log.whenWritten()])
    await world.clock.advance(5)
    world.disk.inject({ on: 'makeDirectory', path: LOG_DIR, error: 'ENOSPC' })
    expect(() => world.log('payments')).to.throw(/offline/)
    await world.clock.advance(5)
    expect(seen).to.deep.equal(['KAFKA_STORAGE_ERROR'])
  })

  it('ends with an error when the log is deleted, as does a cut that was waiting', async () => {
    const [world, log] = await slowLog()
    append(log)
    append(log)
    const seen = outcomes([log.whenWritten(), log.truncateTo(1)])
    await world.clock.advance(5)
    await world.run(world.manager.delete(topicPartition()))
    expect(seen).to.deep.equal(['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR'])
    expect(world.offline).to.deep.equal([])
  })
})
