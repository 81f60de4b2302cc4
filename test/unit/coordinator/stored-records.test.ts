import { expect } from 'chai'
import { Replay, type StoredRecord } from '../../../src/coordinator/stored-records.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { buildEndTransactionBatch } from '../../../src/records/control-record.ts'
import { stampPlace } from '../../../src/records/record-batch.ts'

function aBatch(baseOffset: number, ...texts: (string | null)[]): Buffer {
  const batch = buildBatch(
    texts.map((text) => ({
      key: Buffer.from('k'),
      value: text === null ? null : Buffer.from(text),
      timestamp: 1,
    })),
  )
  stampPlace(batch, 0, baseOffset, 0)
  return batch
}

/** What a target is shown, and which faults there were. */
function replayed(...buffers: Buffer[]): { shown: string[]; faults: number[]; count: number } {
  const shown: string[] = []
  const faults: number[] = []
  const replay = new Replay(
    {
      replay: (record: StoredRecord) => {
        const value = record.isTombstone ? 'gone' : record.value().toString()
        shown.push(`${record.offset} ${record.key().toString()}=${value} ${record.producerId}`)
      },
      endTransaction: (producerId, isCommitted) => shown.push(`end ${producerId} ${isCommitted}`),
    },
    (offset) => faults.push(offset),
  )
  let count = 0
  for (const buffer of buffers) count += replay.run(buffer)
  return { shown, faults, count }
}

describe('Replay', () => {
  it('shows every record of every batch, in order', () => {
    const { shown, count } = replayed(
      Buffer.concat([aBatch(10, 'a', 'b'), aBatch(12, null)]),
      aBatch(13, 'c'),
    )
    expect(shown).to.deep.equal(['10 k=a -1', '11 k=b -1', '12 k=gone -1', '13 k=c -1'])
    expect(count).to.equal(4)
  })

  it('names the producer of transactional records, and shows where its transactions end', () => {
    const producer = { producerId: 5, producerEpoch: 0, isTransactional: true }
    const record = buildBatch([{ key: Buffer.from('k'), value: Buffer.from('a'), timestamp: 1 }], producer)
    const end = buildEndTransactionBatch({
      producerId: 5,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      result: 'abort',
      timestamp: 1,
    })
    expect(replayed(record, end).shown).to.deep.equal(['0 k=a 5', 'end 5 false'])
  })

  it('leaves the rest of a buffer that ends inside a batch', () => {
    const whole = Buffer.concat([aBatch(0, 'a'), aBatch(1, 'b')])
    expect(replayed(whole.subarray(0, -1)).shown).to.deep.equal(['0 k=a -1'])
  })

  it('reports messages of older formats and goes on behind them', () => {
    const old = aBatch(0, 'a')
    old[16] = 1
    const { shown, faults } = replayed(Buffer.concat([old, aBatch(1, 'b')]))
    expect(faults).to.deep.equal([0])
    expect(shown).to.deep.equal(['1 k=b -1'])
  })

  it('reports a batch with a record longer than it is', () => {
    const broken = aBatch(0, 'a')
    broken[61] = 0x7e
    const { shown, faults } = replayed(Buffer.concat([broken, aBatch(1, 'b')]))
    expect(faults).to.deep.equal([0])
    expect(shown).to.deep.equal(['1 k=b -1'])
  })

  it('reports bytes that are no batch at all, and leaves the buffer', () => {
    const { shown, faults } = replayed(Buffer.alloc(100), aBatch(7, 'b'))
    expect(faults).to.deep.equal([0])
    expect(shown).to.deep.equal(['7 k=b -1'])
  })
})
