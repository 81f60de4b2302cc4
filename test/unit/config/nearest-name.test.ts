import { expect } from 'chai'
import { brokerKeyNames } from '../../../src/config/broker-keys.ts'
import { nearestName } from '../../../src/config/nearest-name.ts'

describe('nearest name', () => {
  const cases: [written: string, nearest: string | null][] = [
    ['log.dirs', 'log.dirs'],
    ['log.dris', 'log.dirs'],
    ['zookeper.connect', 'zookeeper.connect'],
    ['num.partition', 'num.partitions'],
    ['NUM_PARTITIONS', 'num.partitions'],
    ['auto.create.topic.enable', 'auto.create.topics.enable'],
    ['log.retention.hour', 'log.retention.hours'],
    ['something.else.entirely', null],
    ['x', null],
    ['', null],
    ['a'.repeat(201), null],
  ]
  for (const [written, nearest] of cases) {
    it(`of ${written.slice(0, 30)} is ${nearest}`, () =>
      expect(nearestName(written, brokerKeyNames)).to.equal(nearest))
  }

  it('counts a swap of neighbours as one mistake', () => {
    expect(nearestName('ba', ['xx', 'ab'])).to.equal('ab')
  })
})
