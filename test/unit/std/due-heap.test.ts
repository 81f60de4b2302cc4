import { expect } from 'chai'
import fc from 'fast-check'
import type { Due } from '../../../src/std/due-heap.ts'
import { DueHeap } from '../../../src/std/due-heap.ts'

function due(dueMs: number, sequence = 0): Due {
  return { dueMs, sequence, heapIndex: -1 }
}

describe('DueHeap', () => {
  it('gives the entry that is due first', () => {
    const heap = new DueHeap<Due>()
    for (const dueMs of [5, 1, 4, 2, 3]) heap.push(due(dueMs))
    expect(heap.peek()?.dueMs).to.equal(1)
    expect([1, 2, 3, 4, 5].map(() => heap.pop()?.dueMs)).to.deep.equal([1, 2, 3, 4, 5])
    expect(heap.pop()).to.equal(undefined)
    expect(heap.peek()).to.equal(undefined)
  })

  it('orders those due at the same instant by their sequence', () => {
    const heap = new DueHeap<Due>()
    for (const sequence of [2, 0, 1]) heap.push(due(7, sequence))
    expect([0, 1, 2].map(() => heap.pop()?.sequence)).to.deep.equal([0, 1, 2])
  })

  it('leaves an entry of another heap, or of none, alone', () => {
    const heap = new DueHeap<Due>()
    const other = new DueHeap<Due>()
    const mine = due(1)
    const theirs = due(1)
    heap.push(mine)
    other.push(theirs)
    heap.remove(theirs)
    heap.remove(due(1))
    expect(heap.size).to.equal(1)
    expect(other.size).to.equal(1)
  })

  it('stays in order whatever is pushed, popped and removed', () => {
    const step = fc.oneof(
      fc.record({ act: fc.constant('push' as const), value: fc.integer({ min: 0, max: 20 }) }),
      fc.record({ act: fc.constant('pop' as const), value: fc.constant(0) }),
      fc.record({ act: fc.constant('remove' as const), value: fc.nat() }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new DueHeap<Due>()
        let model: Due[] = []
        steps.forEach(({ act, value }, sequence) => {
          if (act === 'push') {
            const entry = due(value, sequence)
            heap.push(entry)
            model.push(entry)
          } else if (act === 'remove' && model.length > 0) {
            const entry = model[value % model.length]!
            heap.remove(entry)
            heap.remove(entry)
            model = model.filter((other) => other !== entry)
          } else if (act === 'pop') {
            model.sort((a, b) => a.dueMs - b.dueMs || a.sequence - b.sequence)
            expect(heap.pop()).to.equal(model.shift())
          }
          expect(heap.size).to.equal(model.length)
        })
      }),
    )
  })
})
