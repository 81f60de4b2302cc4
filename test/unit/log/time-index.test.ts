import { expect } from 'chai'
import { OpenFiles } from '../../../src/log/open-files.ts'
import { TimeIndex } from '../../../src/log/time-index.ts'
import { FakeDisk } from '../../fakes/disk.ts'

const T = 1_700_000_000_000
const BASE = 1000

function setUp(maxBytes = 12_000): { index: TimeIndex; disk: FakeDisk } {
  const disk = new FakeDisk()
  disk.makeDirectory('/d')
  const files = new OpenFiles({ disk })
  return {
    index: new TimeIndex({
      folder: { path: '/d' },
      name: 'i',
      files,
      baseOffset: BASE,
      entries: 0,
      maxBytes,
    }),
    disk,
  }
}

describe('a time index', () => {
  it('is written as Kafka does', () => {
    const { index, disk } = setUp()
    index.maybeAppend(T + 5, BASE + 101)
    index.finish()
    expect(disk.readSmallFile('/d/i').toString('hex')).to.equal('0000018bcfe5680500000065')
  })

  it('takes an entry only for a larger timestamp', () => {
    const { index } = setUp()
    index.maybeAppend(-1, BASE)
    expect(index.count).to.equal(0)
    index.maybeAppend(T, BASE + 1)
    index.maybeAppend(T, BASE + 2)
    index.maybeAppend(T - 1, BASE + 3)
    expect(index.count).to.equal(1)
    index.maybeAppend(T + 1, BASE + 4)
    expect(index.lastEntry).to.deep.equal({ timestamp: T + 1, offset: BASE + 4 })
  })

  it('finds the last entry below a timestamp', () => {
    const { index } = setUp()
    expect(index.entryBelow(T)).to.deep.equal({ timestamp: -1, offset: BASE })
    for (let i = 1; i <= 500; i++) index.maybeAppend(T + i * 10, BASE + i)
    expect(index.entryBelow(T + 10)).to.deep.equal({ timestamp: -1, offset: BASE })
    expect(index.entryBelow(T + 11)).to.deep.equal({ timestamp: T + 10, offset: BASE + 1 })
    expect(index.entryBelow(T + 2500)).to.deep.equal({ timestamp: T + 2490, offset: BASE + 249 })
    expect(index.entryBelow(T + 99_999)).to.deep.equal({ timestamp: T + 5000, offset: BASE + 500 })
  })

  it('forgets an offset and what is behind it', () => {
    const { index } = setUp()
    for (let i = 1; i <= 5; i++) index.maybeAppend(T + i, BASE + i * 10)
    index.truncateTo(BASE + 30)
    expect(index.lastEntry).to.deep.equal({ timestamp: T + 2, offset: BASE + 20 })
  })

  it('keeps a place for the entry that closes the segment', () => {
    const { index } = setUp(12 * 3)
    index.maybeAppend(T, BASE)
    expect(index.isFull).to.equal(false)
    index.maybeAppend(T + 1, BASE + 1)
    expect(index.isFull).to.equal(true)
  })
})
