import { expect } from 'chai'
import { OpenFiles } from '../../../src/log/open-files.ts'
import { Segment } from '../../../src/log/segment.ts'
import { Segments } from '../../../src/log/segments.ts'
import { AssertionError } from '../../../src/std/assert.ts'
import { FakeDisk } from '../../fakes/disk.ts'
import { logConfigDefaults } from '../../support/log-config.ts'

const disk = new FakeDisk()
const folder = { path: '/d', disk, files: new OpenFiles({ disk }), config: logConfigDefaults }

function segment(baseOffset: number): Segment {
  return new Segment({ folder, baseOffset, isActive: true, isNew: true, jitterMs: 0, nowMs: 0 })
}

function bases(list: readonly Segment[]): number[] {
  return list.map((one) => one.baseOffset)
}

describe('the segments of a log', () => {
  const some = (): Segments => new Segments([segment(20), segment(0), segment(10)])

  it('are in the order of their offsets', () => {
    expect(bases(some().all)).to.deep.equal([0, 10, 20])
    expect([some().first.baseOffset, some().active.baseOffset, some().count]).to.deep.equal([0, 20, 3])
  })

  it('are found by offset', () => {
    const segments = new Segments([segment(5), segment(10), segment(20)])
    const cases: [number, number | undefined, number | undefined][] = [
      [4, undefined, 5],
      [5, 5, 10],
      [9, 5, 10],
      [10, 10, 20],
      [99, 20, undefined],
    ]
    for (const [offset, floor, higher] of cases) {
      expect(segments.floor(offset)?.baseOffset, `floor of ${offset}`).to.equal(floor)
      expect(segments.higher(offset)?.baseOffset, `higher than ${offset}`).to.equal(higher)
    }
    expect(bases(segments.from(12))).to.deep.equal([10, 20])
    expect(bases(segments.from(0))).to.deep.equal([5, 10, 20])
  })

  it('are taken out at both ends', () => {
    const segments = some()
    expect(bases(segments.removeFrom(11))).to.deep.equal([20])
    expect(bases(segments.removeFirst(1))).to.deep.equal([0])
    expect(bases(segments.removeFrom(10))).to.deep.equal([10])
    expect(segments.count).to.equal(0)
  })

  it('only grow at the end', () => {
    const segments = some()
    segments.add(segment(30))
    expect(() => segments.add(segment(30))).to.throw(AssertionError)
    expect(() => segments.add(segment(25))).to.throw(AssertionError)
  })
})
