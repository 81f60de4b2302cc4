import { expect } from 'chai'
import { ProducerState, type DataBatch, type MarkerBatch } from '../../../src/log/producer-state.ts'
import { KafkaError } from '../../../src/model/errors.ts'

const T = 1_700_000_000_000
const PID = 4000

function data(
  epoch: number,
  first: number,
  last: number,
  firstOffset: number,
  more: Partial<DataBatch> = {},
): DataBatch {
  return {
    producerId: PID,
    producerEpoch: epoch,
    firstSequence: first,
    lastSequence: last,
    firstOffset,
    lastOffset: firstOffset + last - first,
    maxTimestamp: T,
    isTransactional: false,
    ...more,
  }
}

function marker(offset: number, more: Partial<MarkerBatch> = {}): MarkerBatch {
  return {
    producerId: PID,
    producerEpoch: 3,
    coordinatorEpoch: 0,
    result: 'commit',
    offset,
    timestamp: T,
    ...more,
  }
}

/** Epoch 3 with sequences 0–4 at offsets 100–104 and 5–9 at 105–109. */
function state(): ProducerState {
  const producers = new ProducerState('orders-0')
  producers.apply(data(3, 0, 4, 100))
  producers.apply(data(3, 5, 9, 105))
  return producers
}

function decide(
  producers: ProducerState,
  batch: DataBatch,
  origin: 'client' | 'coordinator' | 'replication' = 'client',
): string {
  const repeated = producers.duplicateOf(batch)
  if (repeated !== null) return `duplicate at ${repeated.lastOffset - repeated.offsetDelta}`
  try {
    producers.check(batch, origin)
    return 'append'
  } catch (error) {
    return (error as KafkaError).error
  }
}

describe('the state of producers', () => {
  describe('decides about sequences', () => {
    const cases: [string, DataBatch, string][] = [
      ['the next ones', data(3, 10, 12, 110), 'append'],
      ['the last batch again', data(3, 5, 9, 110), 'duplicate at 105'],
      ['the batch before again', data(3, 0, 4, 110), 'duplicate at 100'],
      ['a part of a known batch', data(3, 5, 7, 110), 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
      ['more than a known batch', data(3, 0, 9, 110), 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
      ['a gap', data(3, 11, 12, 110), 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
      ['an old epoch', data(2, 10, 12, 110), 'INVALID_PRODUCER_EPOCH'],
      ['an old epoch with known sequences', data(2, 5, 9, 110), 'INVALID_PRODUCER_EPOCH'],
      ['a new epoch from 0 on', data(4, 0, 1, 110), 'append'],
      ['a new epoch from elsewhere on', data(4, 1, 2, 110), 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
      ['an unknown producer from anywhere on', data(0, 17, 18, 110, { producerId: 9 }), 'append'],
    ]
    for (const [name, batch, answer] of cases) {
      it(`${name}: ${answer}`, () => {
        expect(decide(state(), batch)).to.equal(answer)
      })
    }

    it('only for clients: a coordinator need not count, a follower copies', () => {
      expect(decide(state(), data(3, 20, 21, 110), 'coordinator')).to.equal('append')
      expect(decide(state(), data(2, 10, 11, 110), 'coordinator')).to.equal('INVALID_PRODUCER_EPOCH')
      expect(decide(state(), data(2, 99, 99, 110), 'replication')).to.equal('append')
    })

    it('with the last five batches as what may be repeated', () => {
      const producers = new ProducerState('p')
      for (let i = 0; i < 6; i++) producers.apply(data(0, i, i, 50 + i))
      expect(decide(producers, data(0, 1, 1, 60))).to.equal('duplicate at 51')
      expect(decide(producers, data(0, 0, 0, 60))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER')
    })

    it('with 0 after the largest sequence', () => {
      const producers = new ProducerState('p')
      const around = data(0, 2147483646, 1, 10, { lastOffset: 13 })
      producers.apply(around)
      expect(decide(producers, around)).to.equal('duplicate at 10')
      expect(decide(producers, data(0, 2, 3, 14))).to.equal('append')
      const full = new ProducerState('p')
      full.apply(data(0, 2147483646, 2147483647, 10))
      expect(decide(full, data(0, 0, 0, 12))).to.equal('append')
    })

    it('with no batches to compare with after a marker of a new epoch', () => {
      const producers = state()
      producers.applyMarker(marker(110, { producerEpoch: 4 }))
      expect(decide(producers, data(4, 0, 0, 111))).to.equal('append')
      expect(decide(producers, data(4, 10, 11, 111))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER')
      expect(decide(producers, data(3, 10, 11, 111))).to.equal('INVALID_PRODUCER_EPOCH')
    })

    it('with the batches of before after a marker of the same epoch', () => {
      const producers = state()
      producers.applyMarker(marker(110))
      expect(decide(producers, data(3, 5, 9, 111))).to.equal('duplicate at 105')
      expect(decide(producers, data(3, 10, 11, 111))).to.equal('append')
    })
  })

  describe('keeps transactions', () => {
    const inTransaction = { isTransactional: true }

    it('open from their first batch to their marker', () => {
      const producers = new ProducerState('p')
      producers.apply(data(3, 0, 1, 10, inTransaction))
      producers.apply(data(3, 2, 3, 20, inTransaction))
      expect(producers.firstUnstableOffset).to.equal(10)
      expect(producers.hasOngoingTransaction(PID)).to.equal(true)
      expect(producers.applyMarker(marker(30, { result: 'abort' }))).to.deep.equal({
        producerId: PID,
        firstOffset: 10,
        lastOffset: 30,
        isAborted: true,
      })
      expect(producers.hasOngoingTransaction(PID)).to.equal(false)
    })

    it('unstable until their marker is replicated', () => {
      const producers = new ProducerState('p')
      producers.apply(data(3, 0, 1, 10, inTransaction))
      producers.applyMarker(marker(30))
      producers.onHighWatermark(30)
      expect(producers.firstUnstableOffset).to.equal(10)
      producers.onHighWatermark(31)
      expect(producers.firstUnstableOffset).to.equal(null)
    })

    it('apart from those of other producers', () => {
      const producers = new ProducerState('p')
      producers.apply(data(3, 0, 1, 10, inTransaction))
      producers.apply(data(0, 0, 0, 15, { ...inTransaction, producerId: 9 }))
      const completed = producers.applyMarker(marker(20))
      expect(completed && producers.lastStableOffsetAfter(completed)).to.equal(15)
      const last = producers.applyMarker(marker(21, { producerId: 9 }))
      expect(last && producers.lastStableOffsetAfter(last)).to.equal(22)
    })

    it('and has nothing to complete for a marker of a producer that wrote nothing', () => {
      const producers = new ProducerState('p')
      expect(producers.applyMarker(marker(5))).to.equal(null)
      expect(producers.firstUnstableOffset).to.equal(null)
      expect(producers.entry(PID)?.producerEpoch).to.equal(3)
    })

    it('and refuses a plain batch while one is open', () => {
      const producers = new ProducerState('p')
      producers.apply(data(3, 0, 1, 10, inTransaction))
      expect(decide(producers, data(3, 2, 3, 12))).to.equal('INVALID_TXN_STATE')
    })

    it('and refuses markers of old producers and deposed coordinators, but not from a leader', () => {
      const producers = state()
      producers.applyMarker(marker(110, { coordinatorEpoch: 7 }))
      const late = marker(111, { coordinatorEpoch: 6 })
      expect(() => producers.checkMarker(late, 'coordinator'))
        .to.throw(KafkaError)
        .with.property('error', 'TRANSACTION_COORDINATOR_FENCED')
      expect(() =>
        producers.checkMarker(marker(111, { producerEpoch: 2, coordinatorEpoch: 8 }), 'coordinator'),
      )
        .to.throw(KafkaError)
        .with.property('error', 'INVALID_PRODUCER_EPOCH')
      producers.checkMarker(late, 'replication')
    })
  })

  describe('verifies transactions', () => {
    it('with one guard until the first batch', () => {
      const producers = new ProducerState('p')
      const guard = producers.startVerification(PID, 3, 0, T)
      expect(producers.startVerification(PID, 3, 0, T)).to.equal(guard)
      expect(producers.isVerified(PID, guard)).to.equal(true)
      expect(producers.isVerified(PID, {})).to.equal(false)
      expect(producers.isVerified(PID, null)).to.equal(false)
      producers.apply(data(3, 0, 1, 10, { isTransactional: true }))
      expect(producers.isVerified(PID, guard)).to.equal(false)
      expect(producers.startVerification(PID, 3, 2, T)).to.equal(null)
    })

    it('and lets no later sequence overtake the lowest that waits', () => {
      const producers = new ProducerState('p')
      producers.startVerification(PID, 0, 5, T)
      producers.startVerification(PID, 0, 2, T)
      producers.startVerification(PID, 0, 9, T)
      const batch = (first: number) => data(0, first, first, 10, { isTransactional: true })
      expect(decide(producers, batch(5))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER')
      expect(decide(producers, batch(2))).to.equal('append')
      producers.startVerification(PID, 1, 7, T)
      expect(decide(producers, batch(7)), 'a new epoch begins anew').to.equal('append')
    })

    it('and forgets a guard with the marker, or when it is old', () => {
      const producers = new ProducerState('p')
      const first = producers.startVerification(PID, 3, 0, T)
      producers.applyMarker(marker(1))
      expect(producers.isVerified(PID, first)).to.equal(false)
      const second = producers.startVerification(PID, 3, 0, T)
      producers.expire(T + 999, 1000)
      expect(producers.isVerified(PID, second)).to.equal(true)
      producers.expire(T + 1000, 1000)
      expect(producers.isVerified(PID, second)).to.equal(false)
    })
  })

  it('forgets producers that are silent, but not in a transaction', () => {
    const producers = state()
    producers.apply(data(0, 0, 0, 200, { producerId: 9, isTransactional: true }))
    producers.expire(T + 999, 1000)
    expect(producers.size).to.equal(2)
    producers.expire(T + 1000, 1000)
    expect([...producers.all()].map((entry) => entry.producerId)).to.deep.equal([9])
  })

  it('is the same after a snapshot, but for all batches except the last', () => {
    const producers = state()
    producers.apply(data(0, 0, 0, 200, { producerId: 9, isTransactional: true }))
    const restored = new ProducerState('p')
    for (const entry of producers.all()) restored.restore({ ...entry, batches: entry.batches.slice(-1) })
    expect(decide(restored, data(3, 5, 9, 300))).to.equal('duplicate at 105')
    expect(decide(restored, data(3, 0, 4, 300))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(decide(restored, data(3, 10, 10, 300))).to.equal('append')
    expect(restored.firstUnstableOffset).to.equal(200)
  })
})
