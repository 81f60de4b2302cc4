import { expect } from 'chai'
import { CorruptSnapshotError, decodeSnapshot, encodeSnapshot } from '../../../src/log/producer-snapshot.ts'
import type { ProducerEntry } from '../../../src/log/producer-state.ts'
import { hex } from '../../support/hex.ts'

const T = 1_700_000_000_000
const producer: ProducerEntry = {
  producerId: 4000,
  producerEpoch: 3,
  coordinatorEpoch: 7,
  lastTimestamp: T,
  currentTransactionFirstOffset: -1,
  batches: [
    { lastSequence: 4, lastOffset: 104, offsetDelta: 4, timestamp: T - 1 },
    { lastSequence: 9, lastOffset: 109, offsetDelta: 4, timestamp: T },
  ],
}
const bytes =
  hex(`0001 25256c43 00000001 0000000000000fa0 0003 00000009 000000000000006d 00000004 0000018bcfe56800
                   00000007 ffffffffffffffff`)

describe('producer snapshots', () => {
  it('are written as Kafka does', () => {
    expect(encodeSnapshot([]).toString('hex')).to.equal('000148674bc700000000')
    expect(encodeSnapshot([producer]).toString('hex')).to.equal(bytes.toString('hex'))
  })

  it('keep the last batch of a producer', () => {
    expect(decodeSnapshot(bytes)).to.deep.equal([{ ...producer, batches: producer.batches.slice(1) }])
  })

  it('keep producers without a batch, and open transactions', () => {
    const marked = { ...producer, batches: [], currentTransactionFirstOffset: 55 }
    expect(decodeSnapshot(encodeSnapshot([marked]))).to.deep.equal([marked])
  })

  it('are refused with any byte wrong or missing', () => {
    for (let i = 0; i < bytes.length; i++) {
      const spoiled = Buffer.from(bytes)
      spoiled[i] = (spoiled[i] as number) ^ 1
      expect(() => decodeSnapshot(spoiled), `byte ${i}`).to.throw(CorruptSnapshotError)
      expect(() => decodeSnapshot(bytes.subarray(0, i)), `${i} bytes`).to.throw(CorruptSnapshotError)
    }
    expect(() => decodeSnapshot(Buffer.concat([bytes, Buffer.alloc(1)]))).to.throw(CorruptSnapshotError)
  })
})
