import { expect } from 'chai'
import fc from 'fast-check'
import { byPartition, type Committed } from '../../../../src/cli/offsets/committed.ts'
import { driftOf, planOffsets, writesOf, type LogRange } from '../../../../src/cli/offsets/plan.ts'

const at = (offset: number, partition = 0): Committed => ({ group: 'g', topic: 't', partition, offset })
const log = (start: number, end: number) => new Map<string, LogRange | null>([['t-0', { start, end }]])
const plan = (wanted: number, before: number | null, mayLower = false, ranges = log(0, 100)) =>
  planOffsets([at(wanted)], byPartition(before === null ? [] : [at(before)]), ranges, { mayLower })[0]

describe('a plan for committed offsets', () => {
  it('creates what is not there', () => {
    expect(plan(7, null)).to.include({ before: null, after: 7, action: 'create', remark: '' })
  })

  it('raises what is smaller, and keeps what is equal', () => {
    expect(plan(7, 3)).to.include({ before: 3, after: 7, action: 'raise' })
    expect(plan(7, 7)).to.include({ before: 7, after: 7, action: 'keep' })
  })

  it('lowers nothing unless it may', () => {
    expect(plan(7, 9)).to.include({ after: 9, action: 'keep', remark: 'is ahead by 2' })
    expect(plan(7, 9, true)).to.include({ after: 7, action: 'lower', remark: 'by 2' })
  })

  it('moves an offset that is outside its log to the nearer end, and says so', () => {
    expect(plan(7, null, false, log(20, 100))).to.include({ after: 20, remark: '7 is before the log' })
    expect(plan(700, null, false, log(20, 100))).to.include({ after: 100, remark: '700 is behind the log' })
  })

  it('leaves partitions alone that do not exist', () => {
    const gone = new Map<string, LogRange | null>([['t-0', null]])
    expect(plan(7, 3, true, gone)).to.include({ before: 3, after: 3, action: 'skip' })
    expect(writesOf(planOffsets([at(7)], byPartition([]), gone, { mayLower: true }))).to.deep.equal([])
  })

  it('never lowers, and has nothing left to do once it is done, whatever was there', () => {
    const offsets = fc.integer({ min: 0, max: 120 })
    fc.assert(
      fc.property(offsets, fc.option(offsets), (wanted, before) => {
        const first = planOffsets(
          [at(wanted)],
          byPartition(before === null ? [] : [at(before)]),
          log(10, 100),
          {
            mayLower: false,
          },
        )
        for (const { after } of first) expect(after ?? 0).to.be.at.least(before ?? 0)
        const written = writesOf(first)
        const present = written.length > 0 ? written : before === null ? [] : [at(before)]
        expect(
          writesOf(planOffsets([at(wanted)], byPartition(present), log(10, 100), { mayLower: false })),
        ).to.deep.equal([])
      }),
    )
  })
})

describe('the drift between two stores', () => {
  it('is positive where the topic is ahead, and unknown where one store has nothing', () => {
    expect(
      driftOf([at(5), at(9, 1)], [at(7), at(4, 2)]).map(({ partition, drift }) => [partition, drift]),
    ).to.deep.equal([
      [0, 2],
      [1, null],
      [2, null],
    ])
  })
})
