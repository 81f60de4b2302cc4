import { expect } from 'chai'
import { CliError } from '../../../../src/cli/cli-error.ts'
import { parseTarget } from '../../../../src/cli/offsets/seek.ts'

const NOW = Date.UTC(2024, 4, 1, 12)

describe('where a group is moved to', () => {
  const cases: readonly [text: string, target: object][] = [
    ['earliest', { kind: 'query', query: { kind: 'earliest' } }],
    ['end', { kind: 'query', query: { kind: 'latest' } }],
    ['1200', { kind: 'offset', offset: 1200 }],
    ['+100', { kind: 'shift', by: 100 }],
    ['-100', { kind: 'shift', by: -100 }],
    ['@-1h', { kind: 'query', query: { kind: 'timestamp', ms: NOW - 3_600_000 } }],
    ['@1700000000000', { kind: 'query', query: { kind: 'timestamp', ms: 1_700_000_000_000 } }],
    ['group:billing', { kind: 'group', group: 'billing' }],
    ['file:a b.csv', { kind: 'file', file: 'a b.csv' }],
  ]
  for (const [text, target] of cases) {
    it(`is understood: ${text}`, () => {
      expect(parseTarget(text, NOW)).to.deep.equal(target)
    })
  }

  for (const text of ['', 'group:', '1.5', '@yesterday', '99999999999999999999', '--1']) {
    it(`is refused with what would be right: ${JSON.stringify(text)}`, () => {
      expect(() => parseTarget(text, NOW))
        .to.throw(CliError, 'is not understood')
        .with.property('exitCode', 2)
    })
  }
})
