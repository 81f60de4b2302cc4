import { expect } from 'chai'
import {
  deletedDirectoryName,
  fileNameOf,
  futureDirectoryName,
  offsetOfFile,
  partitionDirectoryOf,
} from '../../../src/log/file-names.ts'

const HEX = '0123456789abcdef0123456789abcdef'

describe('names in a log directory', () => {
  it('of files have twenty digits', () => {
    expect(fileNameOf(42, '.log')).to.equal('00000000000000000042.log')
    expect(fileNameOf(Number.MAX_SAFE_INTEGER, '.timeindex')).to.equal('00009007199254740991.timeindex')
    expect(offsetOfFile('00000000000000000042.log')).to.equal(42)
    expect(offsetOfFile('00000000000000000042.log.deleted')).to.equal(42)
    for (const name of [
      '42.log',
      'leader-epoch-checkpoint',
      '0000000000000000004x.log',
      '00000000000000000042',
    ]) {
      expect(offsetOfFile(name), name).to.equal(null)
    }
  })

  const directories: [string, ReturnType<typeof partitionDirectoryOf>][] = [
    ['orders-0', { kind: 'log', partitionKey: 'orders-0' }],
    ['my.topic-with-dashes-12', { kind: 'log', partitionKey: 'my.topic-with-dashes-12' }],
    [`orders-0.${HEX}-delete`, { kind: 'deleted' }],
    [`orders-0.${HEX}-stray`, { kind: 'stray' }],
    [`orders-0.${HEX}-future`, { kind: 'future', partitionKey: 'orders-0' }],
    ['remote-log-index-cache', { kind: 'other' }],
    ['meta.properties', { kind: 'other' }],
    ['-1', { kind: 'other' }],
  ]
  for (const [name, expected] of directories) {
    it(`take ${name} for ${expected.kind}`, () => {
      expect(partitionDirectoryOf(name)).to.deep.equal(expected)
    })
  }

  it('of directories that go or come are as Kafka has them, and never too long', () => {
    expect(deletedDirectoryName('orders', 3, HEX)).to.equal(`orders-3.${HEX}-delete`)
    expect(futureDirectoryName('orders', 3, HEX)).to.equal(`orders-3.${HEX}-future`)
    const long = deletedDirectoryName('t'.repeat(249), 3, HEX)
    expect(long).to.have.length(255)
    expect(long.endsWith(`.${HEX}-delete`)).to.equal(true)
  })
})
