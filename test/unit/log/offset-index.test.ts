import { expect } from 'chai'
import { OffsetIndex } from '../../../src/log/offset-index.ts'
import { OpenFiles } from '../../../src/log/open-files.ts'
import { FakeDisk } from '../../fakes/disk.ts'

const BASE = 1000

function setUp(
  maxBytes = 10_000,
  entries = 0,
  disk = new FakeDisk(),
): { index: OffsetIndex; disk: FakeDisk } {
  disk.makeDirectory('/d')
  const index = new OffsetIndex({
    folder: { path: '/d' },
    name: 'i',
    files: new OpenFiles({ disk }),
    baseOffset: BASE,
    entries,
    maxBytes,
  })
  return { index, disk }
}

describe('an offset index', () => {
  it('is written as Kafka does', () => {
    const { index, disk } = setUp()
    index.append(BASE + 101, 4096)
    index.finish()
    expect(disk.readSmallFile('/d/i').toString('hex')).to.equal('0000006500001000')
  })

  it('finds the position of the last entry that is not behind an offset', () => {
    const { index } = setUp()
    for (const [offset, position] of [
      [10, 100],
      [20, 200],
      [30, 300],
    ] as const)
      index.append(BASE + offset, position)
    const cases: [number, number][] = [
      [0, 0],
      [9, 0],
      [10, 100],
      [11, 100],
      [20, 200],
      [29, 200],
      [30, 300],
      [999, 300],
    ]
    for (const [offset, position] of cases)
      expect(index.positionBefore(BASE + offset), `${offset}`).to.equal(position)
    expect(index.lastOffset).to.equal(BASE + 30)
  })

  it('finds entries in memory and on disk alike, through many pages', () => {
    const { index, disk } = setUp(1 << 20)
    for (let i = 1; i <= 3000; i++) index.append(BASE + i * 10, i * 4096)
    expect(disk.status('/d/i')?.sizeBytes, 'full pages only').to.equal(Math.floor(3000 / 512) * 4096)
    for (let i = 1; i <= 3000; i += 7) expect(index.positionBefore(BASE + i * 10 + 5)).to.equal(i * 4096)
    index.rest()
    expect(disk.openFiles).to.equal(0)
    for (let i = 3000; i >= 1; i -= 13) expect(index.positionBefore(BASE + i * 10)).to.equal(i * 4096)
    index.append(BASE + 40_000, 7)
    expect(index.positionBefore(BASE + 50_000)).to.equal(7)
  })

  it('begins where another has ended', () => {
    const { index, disk } = setUp()
    index.append(BASE + 10, 100)
    index.finish()
    const again = setUp(10_000, 1, disk).index
    expect(again.lastOffset).to.equal(BASE + 10)
    again.append(BASE + 20, 200)
    expect(again.positionBefore(BASE + 15)).to.equal(100)
    expect(again.positionBefore(BASE + 25)).to.equal(200)
  })

  it('forgets an offset and what is behind it', () => {
    for (const flushed of [false, true]) {
      const { index, disk } = setUp()
      for (let i = 1; i <= 5; i++) index.append(BASE + i * 10, i * 100)
      if (flushed) index.rest()
      index.truncateTo(BASE + 30)
      expect([index.count, index.lastOffset], 'the entry of the offset goes').to.deep.equal([2, BASE + 20])
      index.truncateTo(BASE + 25)
      expect(index.count).to.equal(2)
      index.append(BASE + 27, 270)
      index.finish()
      expect(disk.status('/d/i')?.sizeBytes).to.equal(24)
      index.truncateTo(BASE)
      expect(index.count).to.equal(0)
    }
  })

  it('is full at the size that it may have', () => {
    const { index } = setUp(8 * 3 + 5)
    for (let i = 1; i <= 2; i++) index.append(BASE + i, i)
    expect(index.isFull).to.equal(false)
    index.append(BASE + 3, 3)
    expect(index.isFull).to.equal(true)
  })
})
