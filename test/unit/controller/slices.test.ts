import { expect } from 'chai'
import { Slices } from '../../../src/controller/slices.ts'
import { FakeClock } from '../../fakes/clock.ts'

describe('Slices', () => {
  it('gives the event loop a turn after each slice, counted over all loops', async () => {
    const clock = new FakeClock()
    const seen: (number | 'turn')[] = []
    clock.endOfTurn = (action) => {
      seen.push('turn')
      action()
    }
    const slices = new Slices({ clock, size: 3 })
    await slices.each([1, 2], (item) => seen.push(item))
    await slices.each([3, 4, 5, 6, 7], (item) => seen.push(item))
    expect(seen).to.deep.equal([1, 2, 3, 'turn', 4, 5, 6, 'turn', 7])
  })

  it('filters', async () => {
    const clock = new FakeClock()
    const slices = new Slices({ clock, size: 2 })
    expect(await clock.until(slices.filter([1, 2, 3, 4, 5], (item) => item % 2 === 1))).to.deep.equal([
      1, 3, 5,
    ])
  })

  it('cuts a list into parts, and does not touch one that is short', async () => {
    const clock = new FakeClock()
    const slices = new Slices({ clock, size: 2 })
    const parts: (readonly number[])[] = []
    const note = async (part: readonly number[]) => void parts.push(part)
    await clock.until(slices.inParts([1, 2, 3, 4, 5], note))
    await clock.until(slices.inParts([6, 7], note))
    await clock.until(slices.inParts([], note))
    expect(parts).to.deep.equal([[1, 2], [3, 4], [5], [6, 7]])
  })
})
