import { expect } from 'chai'
import {
  batchesWithin,
  RecordBatcher,
  type CoordinatorRecord,
} from '../../../src/coordinator/record-batcher.ts'
import { KafkaError, type ErrorName } from '../../../src/model/errors.ts'
import type { PartitionIndex } from '../../../src/model/ids.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeCoordinatorLog } from '../../fakes/coordinator-log.ts'

const P0 = 0 as PartitionIndex

function aRecord(valueBytes = 10): CoordinatorRecord {
  return { key: Buffer.from('k'), value: Buffer.alloc(valueBytes) }
}

function prepared() {
  const clock = new FakeClock()
  const log = new FakeCoordinatorLog()
  const append = { acks: -1, timeoutMs: 5000 }
  const batcher = new RecordBatcher({ log, clock, partition: P0, compression: 'none', append })
  return { clock, log, batcher }
}

async function errorOf(promise: Promise<unknown>): Promise<ErrorName | null> {
  try {
    await promise
    return null
  } catch (error) {
    return error instanceof KafkaError ? error.error : 'UNKNOWN_SERVER_ERROR'
  }
}

describe('RecordBatcher', () => {
  it('puts what one turn wants into one batch, and tells everybody the offset of their own first record', async () => {
    const { clock, log, batcher } = prepared()
    const offsets = Promise.all([
      batcher.append([aRecord(), aRecord()]),
      batcher.append([aRecord()]),
      batcher.append([aRecord()]),
    ])
    expect(await clock.until(offsets)).to.deep.equal([0, 2, 3])
    expect(log.appends).to.have.length(1)
  })

  it('begins another batch where the records would not fit into one', async () => {
    const { clock, log, batcher } = prepared()
    log.maxBytes = 1000
    const offsets = Promise.all([batcher.append([aRecord(600)]), batcher.append([aRecord(600)])])
    expect(await clock.until(offsets)).to.deep.equal([0, 1])
    expect(log.appends).to.have.length(2)
  })

  it('fails those alone whose records fit into no batch', async () => {
    const { clock, log, batcher } = prepared()
    log.maxBytes = 1000
    const answers = Promise.all([
      errorOf(batcher.append([aRecord(10)])),
      errorOf(batcher.append([aRecord(2000)])),
      errorOf(batcher.append([aRecord(10)])),
    ])
    expect(await clock.until(answers)).to.deep.equal([null, 'MESSAGE_TOO_LARGE', null])
  })

  it('fails everybody in a batch that is refused', async () => {
    const { clock, log, batcher } = prepared()
    log.fail('NOT_ENOUGH_REPLICAS')
    const answers = Promise.all([errorOf(batcher.append([aRecord()])), errorOf(batcher.append([aRecord()]))])
    expect(await clock.until(answers)).to.deep.equal(['NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS'])
  })

  it('appends nothing after it was failed', async () => {
    const { clock, log, batcher } = prepared()
    const answer = errorOf(batcher.append([aRecord()]))
    batcher.fail(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
    await clock.advance(0)
    expect(await answer).to.equal('NOT_LEADER_OR_FOLLOWER')
    expect(log.appends).to.have.length(0)
  })
})

describe('batchesWithin', () => {
  it('fills one list after the other, in order', () => {
    const lists = batchesWithin([aRecord(300), aRecord(300), aRecord(300)], 800)
    expect(lists.map((list) => list.length)).to.deep.equal([2, 1])
  })

  it('leaves a record alone that is too large for any', () => {
    const lists = batchesWithin([aRecord(1), aRecord(5000), aRecord(1)], 800)
    expect(lists.map((list) => list.length)).to.deep.equal([1, 1, 1])
  })

  it('makes nothing of nothing', () => {
    expect(batchesWithin([], 800)).to.deep.equal([])
  })
})
