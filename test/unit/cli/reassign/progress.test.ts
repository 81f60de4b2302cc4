import { expect } from 'chai'
import { progressLine, type MoveProgress } from '../../../../src/cli/reassign/progress.ts'

const move = (copiedBytes: number): MoveProgress => ({
  topic: 'orders',
  partition: 0,
  replicas: [1, 2, 3],
  adding: [3],
  removing: [1],
  wantedBytes: 1000,
  copiedBytes,
})

describe('progressLine', () => {
  it('counts what has arrived by number and what is under way by its bytes', () => {
    const line = progressLine({ atMs: 1000, moves: [move(500)] }, null, 2, 120)
    expect(line).to.contain('75 %').and.to.contain('1/2 partitions').and.to.contain('500 B left')
  })

  it('tells rate and time to go from two looks', () => {
    const earlier = { atMs: 0, moves: [move(100)] }
    expect(progressLine({ atMs: 1000, moves: [move(200)] }, earlier, 1, 120)).to.contain('100 B/s  8 s to go')
  })

  it('fits a terminal of 40 columns', () => {
    const line = progressLine({ atMs: 1000, moves: [move(500)] }, { atMs: 0, moves: [move(1)] }, 2, 40)
    expect(line.length).to.be.lessThan(40)
  })

  it('is full when nothing moves any more', () => {
    expect(progressLine({ atMs: 0, moves: [] }, null, 3, 120))
      .to.contain('100 %')
      .and.to.contain('3/3')
  })
})
