import { expect } from 'chai'
import { ProducerIds, type ProducerIdRange } from '../../../src/coordinator/transaction/producer-ids.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import type { ProducerId } from '../../../src/model/ids.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeLogger } from '../../fakes/logger.ts'

const TIMEOUT_MS = 30_000

function idsFrom(fetchBlock: () => Promise<ProducerIdRange>) {
  const clock = new FakeClock()
  return {
    clock,
    ids: new ProducerIds({ clock, logger: new FakeLogger(), fetchBlock, timeoutMs: TIMEOUT_MS }),
  }
}

/** Blocks of ten. */
function blocks(): () => Promise<ProducerIdRange> {
  let next = 0
  return () => Promise.resolve({ firstId: (10 * next++) as ProducerId, count: 10 })
}

describe('ProducerIds', () => {
  it('gives out every id of a block, and then those of the next', async () => {
    const { clock, ids } = idsFrom(blocks())
    const taken: number[] = []
    for (let i = 0; i < 25; i++) taken.push(await clock.until(ids.take()))
    expect(taken).to.deep.equal(Array.from({ length: 25 }, (_, i) => i))
  })

  it('leaves no timer behind that would keep a stopped broker alive', async () => {
    const { clock, ids } = idsFrom(blocks())
    await clock.until(ids.take())
    expect(clock.pendingTimers).to.equal(0)
  })

  it('asks again when the controller could not be asked', async () => {
    const block = blocks()
    let failures = 2
    const { clock, ids } = idsFrom(() =>
      failures-- > 0 ? Promise.reject(new KafkaError('NETWORK_EXCEPTION')) : block(),
    )
    expect(await clock.until(ids.take())).to.equal(0)
  })

  it('gives up when there is no block in time', async () => {
    const { clock, ids } = idsFrom(() => new Promise(() => undefined))
    const failure = await clock.until(ids.take().catch((error: unknown) => error))
    expect((failure as KafkaError).error).to.equal('COORDINATOR_LOAD_IN_PROGRESS')
    expect(clock.monotonicMs()).to.equal(TIMEOUT_MS)
  })
})
