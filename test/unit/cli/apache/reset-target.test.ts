import { expect } from 'chai'
import { resetTarget, type ResetOptions } from '../../../../src/cli/apache/reset-target.ts'
import { CliError } from '../../../../src/cli/cli-error.ts'

const NOW_MS = Date.UTC(2024, 4, 2)

describe('the scenario of --reset-offsets', () => {
  const cases: readonly (readonly [ResetOptions, string])[] = [
    [{ toEarliest: true }, 'earliest'],
    [{ toLatest: true }, 'latest'],
    [{ toCurrent: true }, '+0'],
    [{ toOffset: '12' }, '12'],
    [{ shiftBy: '5' }, '+5'],
    [{ shiftBy: '-5' }, '-5'],
    [{ fromFile: 'a.csv' }, 'file:a.csv'],
    [{ toDatetime: '2024-05-01T10:30:00.250' }, `@${Date.UTC(2024, 4, 1, 10, 30, 0, 250)}`],
    [{ toDatetime: '2024-05-01T10:30:00.000+0200' }, `@${Date.UTC(2024, 4, 1, 8, 30)}`],
    [{ byDuration: 'P1D' }, `@${Date.UTC(2024, 4, 1)}`],
    [{ byDuration: 'PT1H30M1.5S' }, `@${NOW_MS - 5_401_500}`],
  ]
  for (const [options, target] of cases) {
    it(`${JSON.stringify(options)} seeks to ${target}`, () => {
      expect(resetTarget(options, NOW_MS)).to.equal(target)
    })
  }

  for (const options of [
    {},
    { toEarliest: true, toLatest: true },
    { toDatetime: 'yesterday' },
    { toDatetime: '2024-13-41T10:30' },
    { byDuration: 'P' },
    { byDuration: 'PT' },
    { byDuration: '1h' },
  ] satisfies ResetOptions[]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => resetTarget(options, NOW_MS)).to.throw(CliError)
    })
  }
})
