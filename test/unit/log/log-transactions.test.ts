import { expect } from 'chai'
import type { LeaderAppend } from '../../../src/log/log-append.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { buildEndTransactionBatch } from '../../../src/records/control-record.ts'
import { LogWorld } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000

const leader: LeaderAppend = { leaderEpoch: 0, origin: 'client' }

function values(count: number, from = 0): Buffer {
  return buildBatch(
    Array.from({ length: count }, (_, i) => ({ value: `v${from + i}`, timestamp: T + from + i })),
  )
}

function error(action: () => unknown): string {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof KafkaError) return thrown.error
    throw thrown
  }
  return 'NONE'
}

describe('transactions in a log', () => {
  const producer = { producerId: 4000, producerEpoch: 0 }

  async function write(
    world: LogWorld,
    sequence: number,
    options: Partial<LeaderAppend> = {},
  ): Promise<number> {
    return world.append(
      world.log(),
      buildBatch([{ value: `t${sequence}`, timestamp: T }], {
        ...producer,
        baseSequence: sequence,
        isTransactional: true,
      }),
      options,
    )
  }

  async function end(world: LogWorld, result: 'commit' | 'abort', coordinatorEpoch = 0): Promise<number> {
    return world.append(
      world.log(),
      buildEndTransactionBatch({ ...producer, result, coordinatorEpoch, timestamp: T }),
      { origin: 'coordinator' },
    )
  }

  it('hold back the last stable offset until their end is replicated', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    await world.append(log, values(2))
    await write(world, 0)
    log.setHighWatermark(3)
    expect(log.lastStableOffset).to.equal(2)
    await end(world, 'commit')
    expect(log.lastStableOffset).to.equal(2)
    log.setHighWatermark(3)
    expect(log.lastStableOffset, 'the marker is at 3').to.equal(2)
    log.setHighWatermark(4)
    expect(log.lastStableOffset).to.equal(4)
  })

  it('are told apart for read_committed', async () => {
    const world = await new LogWorld({ config: { 'segment.bytes': 250 } }).start()
    const log = world.log()
    await write(world, 0)
    await end(world, 'abort')
    await write(world, 1)
    await end(world, 'commit')
    await write(world, 2)
    await world.append(log, values(3))
    await end(world, 'abort')
    log.setHighWatermark(log.logEndOffset)
    const aborted = async (offset: number, bound = log.lastStableOffset) =>
      (
        await world.read(log, offset, { upperBoundOffset: bound, withAborted: true, maxBytes: 100 })
      ).abortedTransactions?.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset])
    expect(await aborted(0)).to.deep.equal([[0, 1]])
    expect(await aborted(1)).to.deep.equal([[0, 1]])
    expect(await aborted(2)).to.deep.equal([])
    expect(await aborted(4), 'the marker lies in a later segment').to.deep.equal([[4, 8]])
    expect(await aborted(8)).to.deep.equal([[4, 8]])
    expect(await aborted(9), 'nothing at the end').to.deep.equal([])
    expect((await world.read(log, 0)).abortedTransactions, 'not asked for').to.equal(null)
    await world.killAndStart()
    const recovered = world.log()
    expect(
      (await world.read(recovered, 4, { maxBytes: 100, withAborted: true })).abortedTransactions,
    ).to.deep.equal([{ producerId: 4000, firstOffset: 4, lastOffset: 8, lastStableOffset: 9 }])
  })

  it('that were open stay open over restarts', async () => {
    const world = await new LogWorld().start()
    await world.append(world.log(), values(2))
    await write(world, 0)
    world.log().setHighWatermark(3)
    for (const again of [() => world.restart(), () => world.killAndStart()]) {
      world.manager.upkeep.checkpointHighWatermarks()
      await world.clock.advance(0)
      await again()
      world.log().setHighWatermark(3)
      expect(world.log().lastStableOffset).to.equal(2)
      expect(world.log().hasOngoingTransaction(4000)).to.equal(true)
    }
  })

  it('whose end was not replicated before a restart are not stable after it', async () => {
    const world = await new LogWorld().start()
    await world.append(world.log(), values(2))
    world.log().setHighWatermark(2)
    world.manager.upkeep.checkpointHighWatermarks()
    await world.clock.advance(0)
    await write(world, 0)
    await end(world, 'commit')
    await world.killAndStart()
    const log = world.log()
    log.setHighWatermark(3)
    expect(log.lastStableOffset).to.equal(2)
    log.setHighWatermark(4)
    expect(log.lastStableOffset).to.equal(4)
  })

  it('begin only with a guard where they are verified', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    const batch = buildBatch([{ value: 'x', timestamp: T }], {
      ...producer,
      baseSequence: 0,
      isTransactional: true,
    })
    const append = (options: Partial<LeaderAppend>) =>
      error(() => log.appendAsLeader(batch, { ...leader, verifiesTransactions: true, ...options }))
    expect(append({})).to.equal('INVALID_TXN_STATE')
    const guard = log.startTransactionVerification(4000, 0, 0)
    expect(append({ verificationGuard: {} })).to.equal('INVALID_TXN_STATE')
    expect(append({ verificationGuard: guard })).to.equal('NONE')
    expect(log.startTransactionVerification(4000, 0, 1)).to.equal(null)
    await world.settle()
    expect(await write(world, 1, { verifiesTransactions: true })).to.equal(1)
  })

  it('are ended only by a coordinator that was not deposed', async () => {
    const world = await new LogWorld().start()
    await write(world, 0)
    await end(world, 'commit', 5)
    const marker = buildEndTransactionBatch({
      ...producer,
      result: 'commit',
      coordinatorEpoch: 4,
      timestamp: T,
    })
    expect(
      error(() => world.log().appendAsLeader(marker, { leaderEpoch: 0, origin: 'coordinator' })),
    ).to.equal('TRANSACTION_COORDINATOR_FENCED')
  })
})
