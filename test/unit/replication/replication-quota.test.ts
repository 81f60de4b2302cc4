import { expect } from 'chai'
import type { BrokerId } from '../../../src/model/ids.ts'
import { RateWindow } from '../../../src/quota/rate-window.ts'
import { ReplicationQuota } from '../../../src/replication/replication-quota.ts'
import { FakeClock } from '../../fakes/clock.ts'

function quotaOf(replicas: readonly string[], limit = { bytesPerSecond: 1000 }) {
  const clock = new FakeClock()
  const quota = new ReplicationQuota({
    clock,
    self: 2 as BrokerId,
    rate: new RateWindow({ samples: 11, sampleMs: 1000 }),
    bytesPerSecond: () => limit.bytesPerSecond,
    throttledReplicas: (topic) => (topic === 'slow' ? replicas : []),
  })
  return { clock, quota, limit }
}

describe('ReplicationQuota', () => {
  it('throttles the partitions that are named together with this broker', () => {
    const { quota } = quotaOf(['0:1', '1:2', '3:2'])
    expect([0, 1, 2, 3].filter((partition) => quota.isThrottled('slow', partition))).to.deep.equal([1, 3])
  })

  it('throttles every partition of a topic that says *', () => {
    const { quota } = quotaOf(['*'])
    expect([quota.isThrottled('slow', 0), quota.isThrottled('slow', 99)]).to.deep.equal([true, true])
  })

  it('leaves topics alone that name nobody', () => {
    expect(quotaOf(['*']).quota.isThrottled('fast', 0)).to.equal(false)
  })

  it('throttles nobody while there is no rate', () => {
    expect(quotaOf(['*'], { bytesPerSecond: Infinity }).quota.isThrottled('slow', 0)).to.equal(false)
  })

  it('is not exceeded by exactly its rate, and is by one byte more', () => {
    const { quota } = quotaOf(['*'])
    quota.record(1000)
    expect(quota.isExceeded).to.equal(false)
    quota.record(1)
    expect(quota.isExceeded).to.equal(true)
  })

  it('lets go when enough time has passed for what went through', async () => {
    const { quota, clock } = quotaOf(['*'])
    quota.record(4000)
    await clock.advance(3999)
    expect(quota.isExceeded).to.equal(true)
    await clock.advance(1)
    expect(quota.isExceeded).to.equal(false)
  })

  it('goes by another rate as soon as there is one', () => {
    const { quota, limit } = quotaOf(['*'])
    quota.record(1500)
    limit.bytesPerSecond = 2000
    expect(quota.isExceeded).to.equal(false)
  })
})
