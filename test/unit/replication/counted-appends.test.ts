import { expect } from 'chai'
import { forOldReader } from '../../../src/api/old-readers.ts'
import { exposition } from '../../../src/metrics/prometheus.ts'
import { collectReplicaMetrics } from '../../../src/replication/replica-metrics.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { parseExposition } from '../../support/parse-exposition.ts'
import { ReplicaWorld } from '../../support/replica-world.ts'
import { batch, oldMessages } from '../../support/validation.ts'

const PREFIX = 'kafka_server_brokertopicmetrics_'

/** What is counted when a client appends these bytes: the broker's totals, without those that are 0. */
async function counted(records: Buffer, config: object = {}): Promise<Record<string, number>> {
  const world = await ReplicaWorld.open({ config })
  await world.lead('orders')
  const options = { acks: 1, timeoutMs: 1000, origin: 'client', mayWriteInternalTopics: false } as const
  const appended = world.replicas.append([{ topic: 'orders', partition: 0, records }], options)
  await world.logs.settle()
  const leader = world.replicas.leader('orders', 0, -1)
  await world.written(leader)
  await appended
  collectReplicaMetrics(world.metrics, world.replicas)
  const text = [...exposition(world.metrics, { includes: () => true })].join('')
  const totals = [...parseExposition(text)].flatMap(([name, { samples }]) =>
    samples
      .filter(({ labels, value }) => name.startsWith(PREFIX) && labels['topic'] === undefined && value > 0)
      .map(({ value }): [string, number] => [name.slice(PREFIX.length), value]),
  )
  return Object.fromEntries(totals)
}

const refused = { totalproducerequests_total: 1, failedproducerequests_total: 1 }

describe('what is counted of an append', () => {
  it('records and bytes, where it is accepted', async () => {
    const records = batch()
    expect(await counted(records, { 'message.timestamp.type': 'LogAppendTime' })).to.deep.equal({
      totalproducerequests_total: 1,
      messagesin_total: 2,
      bytesin_total: records.length,
    })
  })

  it('a checksum that does not fit', async () => {
    const records = batch()
    records.writeUInt8(records.readUInt8(records.length - 1) ^ 1, records.length - 1)
    expect(await counted(records)).to.deep.equal({ ...refused, invalidmessagecrcrecords_total: 1 })
  })

  const offsets: [string, Buffer][] = [
    ['an offset range that does not fit its count', batch((b) => b.writeInt32BE(5, 23))],
    ['a range that ends before it begins', batch((b) => b.writeInt32BE(-2, 23))],
    ['no records', batch((b) => b.writeInt32BE(0, 57))],
    ['a sequence below 0', batch(undefined, { producerId: 7, producerEpoch: 0, baseSequence: -2 })],
  ]
  for (const [what, records] of offsets) {
    it(what, async () => {
      expect(await counted(records)).to.deep.equal({ ...refused, invalidoffsetorsequencerecords_total: 1 })
    })
  }

  it('a record without a key for a compacted topic', async () => {
    const records = buildBatch([{ value: 'a' }])
    const config = { 'cleanup.policy': ['compact'], 'message.timestamp.type': 'LogAppendTime' }
    expect(await counted(records, config)).to.deep.equal({ ...refused, nokeycompactedtopicrecords_total: 1 })
  })

  it('messages of two formats in one', async () => {
    const records = Buffer.concat([oldMessages(1), oldMessages(0)])
    expect(await counted(records, { 'message.timestamp.type': 'LogAppendTime' })).to.deep.equal({
      ...refused,
      invalidmagicnumberrecords_total: 1,
    })
  })

  it('records that had to be rewritten from an old format', async () => {
    const found = await counted(oldMessages(1), { 'message.timestamp.type': 'LogAppendTime' })
    expect(found).to.include({ messagesin_total: 2, producemessageconversions_total: 2 })
  })
})

describe('what is counted of a fetch by an old reader', () => {
  const reader = { version: 3, fetchOffset: 0, mayConvert: true }

  it('records that had to be rewritten', () => {
    const stored = [batch(), batch()]
    expect(forOldReader(stored, reader)).to.include({ error: 'NONE', convertedCount: 4 })
  })

  it('nothing where the stored format is one that it knows, or where it gets nothing', () => {
    expect(forOldReader([oldMessages(1)], reader).convertedCount).to.equal(0)
    expect(forOldReader([batch()], { ...reader, mayConvert: false }).convertedCount).to.equal(0)
  })
})
