import { expect } from 'chai'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { buildEndTransactionBatch, endTransactionMarkerOf } from '../../../src/records/control-record.ts'
import { hex } from '../../support/hex.ts'

const T = 1_700_000_000_100
const producer = { producerId: 4000, producerEpoch: 3, coordinatorEpoch: 7, leaderEpoch: 5, timestamp: T }

describe('control batches', () => {
  it('commits as Kafka does', () => {
    const batch = buildEndTransactionBatch({ ...producer, result: 'commit', baseOffset: 12 })
    expect(batch.toString('hex')).to.equal(
      hex(`000000000000000c 00000042 00000005 02 7ccf046d 0030 00000000 0000018bcfe56864 0000018bcfe56864
           0000000000000fa0 0003 ffffffff 00000001 20 00 00 00 08 00000001 0c 0000 00000007 00`).toString(
        'hex',
      ),
    )
    expect(endTransactionMarkerOf(batch, 0)).to.deep.equal({
      result: 'commit',
      coordinatorEpoch: 7,
      timestamp: T,
    })
  })

  it('aborts as Kafka does', () => {
    const batch = buildEndTransactionBatch({ ...producer, result: 'abort', baseOffset: 13 })
    expect(batch.subarray(0, 21).toString('hex')).to.equal(
      hex('000000000000000d 00000042 00000005 02 88f1d225').toString('hex'),
    )
    expect(endTransactionMarkerOf(batch, 0)?.result).to.equal('abort')
  })

  it('finds no marker where compaction has left none, or one of an unknown type', () => {
    expect(endTransactionMarkerOf(buildBatch([], { isControl: true }), 0)).to.equal(null)
    const leaderChange = buildBatch([{ key: hex('00000002'), value: hex('0000000000') }], { isControl: true })
    expect(endTransactionMarkerOf(leaderChange, 0)).to.equal(null)
    expect(
      endTransactionMarkerOf(buildBatch([{ key: hex('0000'), value: null }], { isControl: true }), 0),
    ).to.equal(null)
  })
})
