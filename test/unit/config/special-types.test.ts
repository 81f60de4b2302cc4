import { expect } from 'chai'
import {
  gzipLevel,
  isAtLeastVersion,
  kafkaVersion,
  kafkaVersionOf,
  threadsOrFollow,
  throttledReplicas,
} from '../../../src/config/special-types.ts'

describe('special config types', () => {
  it('knows gzip levels 1 to 9 and -1', () => {
    expect(gzipLevel().parse('k', '-1')).to.equal(-1)
    expect(gzipLevel().parse('k', '9')).to.equal(9)
    const message = 'Value must be between 1 and 9 or equal to -1'
    expect(() => gzipLevel().parse('k', '0')).to.throw(`Invalid value 0 for configuration k: ${message}`)
    expect(() => gzipLevel().parse('k', '10')).to.throw(message)
  })

  it('knows a number of threads or -1', () => {
    expect(threadsOrFollow().parse('k', '-1')).to.equal(-1)
    expect(threadsOrFollow().parse('k', '3')).to.equal(3)
    expect(() => threadsOrFollow().parse('k', '0')).to.throw('Value can be -1 or greater than 0')
  })

  const versions: [text: string, version: string | null][] = [
    ['3.9', '3.9-IV0'],
    ['2.8', '2.8-IV1'],
    ['2.8.1', '2.8-IV1'],
    ['2.8-IV0', '2.8-IV0'],
    ['2.8-IV1.5', '2.8-IV1'],
    ['0.10.2', '0.10.2-IV0'],
    ['0.11.0', '0.11.0-IV2'],
    ['0.9.0.1', '0.9.0'],
    ['4.0-IV1', '4.0-IV1'],
    ['x.y', null],
    ['0.7', null],
    ['3', null],
    ['', null],
  ]
  for (const [text, version] of versions) {
    it(`takes version ${JSON.stringify(text)} for ${version}`, () =>
      expect(kafkaVersionOf(text)).to.equal(version))
  }

  it('keeps a version as it was written and refuses what is none', () => {
    expect(kafkaVersion().parse('k', ' 2.8 ')).to.equal('2.8')
    expect(() => kafkaVersion().parse('k', 'x.y')).to.throw(
      'Invalid value x.y for configuration k: Version x.y is not a valid version',
    )
  })

  it('orders versions by release and not by spelling', () => {
    expect(isAtLeastVersion('0.11.0-IV0', '0.8.2')).to.equal(true)
    expect(isAtLeastVersion('0.10.2-IV0', '0.11.0-IV0')).to.equal(false)
    expect(isAtLeastVersion('3.9-IV0', '3.9-IV0')).to.equal(true)
  })

  for (const text of ['', '*', '0:1', '0:1, 1:2']) {
    it(`accepts the throttled replicas ${JSON.stringify(text)}`, () => {
      expect(throttledReplicas().canonical(text)).to.equal(text.replaceAll(' ', ''))
    })
  }

  for (const [text, shown] of [
    ['none', '[none]'],
    ['*,1:2', '[*, 1:2]'],
    ['-1:2', '[-1:2]'],
    ['0:a', '[0:a]'],
  ] as const) {
    it(`refuses the throttled replicas ${text}`, () => {
      expect(() => throttledReplicas().parse('k', text)).to.throw(
        `Invalid value ${shown} for configuration k: k must be the literal '*' or a list of replicas in the following ` +
          'format: [partitionId]:[brokerId],[partitionId]:[brokerId],...',
      )
    })
  }
})
