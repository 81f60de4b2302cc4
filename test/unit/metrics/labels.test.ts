import { expect } from 'chai'
import fc from 'fast-check'
import { hasLabel, MAX_LABEL_VALUE_CHARS, renderLabel, renderLabels } from '../../../src/metrics/labels.ts'

describe('labels', () => {
  it('are printed in the order of the table, whatever the order of the values', () => {
    expect(renderLabels(['topic', 'partition'], { partition: 3, topic: 'orders' })).to.equal(
      'topic="orders",partition="3"',
    )
  })

  it('escape backslash, quote and line feed, and nothing else', () => {
    expect(renderLabel('error', 'a\\b "c"\nd\té')).to.equal('error="a\\\\b \\"c\\"\\nd\té"')
  })

  it('are missing a value only by a mistake of ours', () => {
    expect(() => renderLabels(['topic', 'partition'], { topic: 'orders' })).to.throw(
      'label partition has no value',
    )
  })

  it('cut long values and keep them apart', () => {
    const long = 'x'.repeat(MAX_LABEL_VALUE_CHARS)
    expect(renderLabel('group', long)).to.equal(`group="${long}"`)
    const [one, other] = [renderLabel('group', `${long}1`), renderLabel('group', `${long}2`)]
    expect(one).to.match(/^group="x{246}…[0-9a-f]{8}"$/)
    expect(one).not.to.equal(other)
  })

  it('are found in a rendered set exactly when they are in it', () => {
    const part = fc.string({ maxLength: 6, unit: fc.constantFrom('a', '"', '\\', ',', '=', '\n', 'b=') })
    fc.assert(
      fc.property(part, part, part, (a, ab, sought) => {
        const rendered = renderLabels(['a', 'ab'], { a, ab })
        expect(hasLabel(rendered, renderLabel('a', sought))).to.equal(sought === a)
        expect(hasLabel(rendered, renderLabel('ab', sought))).to.equal(sought === ab)
        expect(hasLabel(rendered, renderLabel('b', sought))).to.equal(false)
      }),
    )
  })

  it('are equal as texts exactly when their values are equal', () => {
    const value = fc.string({ maxLength: 5, unit: fc.constantFrom('a', '"', '\\', ',', 'n', '\n') })
    fc.assert(
      fc.property(value, value, value, value, (a, b, c, d) => {
        const same = renderLabels(['x', 'y'], { x: a, y: b }) === renderLabels(['x', 'y'], { x: c, y: d })
        expect(same).to.equal(a === c && b === d)
      }),
    )
  })
})
