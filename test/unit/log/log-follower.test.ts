import { expect } from 'chai'
import { UnexpectedAppendOffsetError } from '../../../src/log/follower-append.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { buildEndTransactionBatch } from '../../../src/records/control-record.ts'
import { buildLegacyMessages } from '../../../src/records/legacy-messages.ts'
import { batchesIn, LogWorld } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000

function error(action: () => unknown): string {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof KafkaError) return thrown.error
    throw thrown
  }
  return 'NONE'
}

describe('appending to a log as a follower', () => {
  function batch(baseOffset: number, count: number, leaderEpoch = 0, options = {}): Buffer {
    return buildBatch(
      Array.from({ length: count }, (_, i) => ({ value: `v${baseOffset + i}`, timestamp: T + baseOffset })),
      { baseOffset, leaderEpoch, ...options },
    )
  }

  it('copies several batches, offsets, epochs and all', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    const bytes = Buffer.concat([batch(0, 2, 1), batch(2, 3, 1), batch(9, 1, 4)])
    expect(log.appendAsFollower(bytes)).to.deep.include({
      firstOffset: 0,
      lastOffset: 9,
      sizeBytes: bytes.length,
    })
    await world.settle()
    expect([log.nextOffset, log.logEndOffset]).to.deep.equal([10, 10])
    expect(Buffer.concat((await world.read(log, 0)).records).equals(bytes)).to.equal(true)
    expect(log.leaderEpochs.map(({ epoch, startOffset }) => [epoch, startOffset])).to.deep.equal([
      [1, 0],
      [4, 9],
    ])
    expect(batchesIn(await world.read(log, 6)), 'in the gap').to.deep.equal([[9, 9]])
  })

  it('ignores a part at the end', async () => {
    const world = await new LogWorld().start()
    const whole = batch(0, 2)
    const result = world.log().appendAsFollower(Buffer.concat([whole, batch(2, 2).subarray(0, 30)]))
    expect([result.lastOffset, result.sizeBytes]).to.deep.equal([1, whole.length])
    expect(world.log().appendAsFollower(Buffer.alloc(10)).recordCount).to.equal(0)
  })

  it('appends nothing of what holds anything wrong', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    const spoiled = batch(2, 2)
    spoiled[70] = 0xff
    expect(error(() => log.appendAsFollower(Buffer.concat([batch(0, 2), spoiled])))).to.equal(
      'CORRUPT_MESSAGE',
    )
    expect(() => log.appendAsFollower(Buffer.concat([batch(0, 2), batch(1, 2)]))).to.throw(
      UnexpectedAppendOffsetError,
    )
    expect(log.nextOffset).to.equal(0)
    log.appendAsFollower(batch(0, 5))
    expect(() => log.appendAsFollower(batch(3, 5)))
      .to.throw(UnexpectedAppendOffsetError)
      .with.include({ firstOffset: 3, lastOffset: 7 })
  })

  it('takes old messages, and then knows no epochs', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    log.appendAsFollower(batch(0, 1, 3))
    const old = buildLegacyMessages([{ offset: 1, timestamp: T, key: null, value: Buffer.from('old') }], {
      magic: 1,
      compression: 'none',
      timestampType: 'CreateTime',
      appendTimeMs: -1,
    })
    log.appendAsFollower(old)
    await world.settle()
    expect(log.leaderEpochs).to.deep.equal([])
    expect(log.logEndOffset).to.equal(2)
  })

  it('begins further up in an empty log, and rolls where offsets are too far apart for one segment', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    log.appendAsFollower(batch(5_000_000_000, 2))
    log.appendAsFollower(batch(5_000_000_002, 2))
    log.appendAsFollower(batch(8_000_000_000, 2))
    await world.settle()
    expect(log.segmentCount).to.equal(2)
    expect((await world.readAll(log, 5_000_000_003)).map((record) => record.offset)).to.deep.equal([
      5_000_000_003, 8_000_000_000, 8_000_000_001,
    ])
    await world.killAndStart()
    expect(world.log().logEndOffset).to.equal(8_000_000_002)
  })

  it('learns of producers and aborted transactions', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    const producer = { producerId: 4000, producerEpoch: 2 }
    log.appendAsFollower(batch(0, 2, 0, { ...producer, baseSequence: 7, isTransactional: true }))
    log.appendAsFollower(
      buildEndTransactionBatch({
        ...producer,
        result: 'abort',
        coordinatorEpoch: 0,
        timestamp: T,
        baseOffset: 2,
        leaderEpoch: 0,
      }),
    )
    await world.settle()
    expect((await world.read(log, 0, { withAborted: true })).abortedTransactions).to.deep.equal([
      { producerId: 4000, firstOffset: 0, lastOffset: 2, lastStableOffset: 3 },
    ])
    expect(log.activeProducers()[0]).to.include({ producerEpoch: 2, currentTransactionFirstOffset: -1 })
  })
})
