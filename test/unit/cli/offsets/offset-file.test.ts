import { expect } from 'chai'
import fc from 'fast-check'
import { CliError } from '../../../../src/cli/cli-error.ts'
import { inOrder, type Committed } from '../../../../src/cli/offsets/committed.ts'
import { OFFSET_FILE_FORMATS, readOffsets, writeOffsets } from '../../../../src/cli/offsets/offset-file.ts'

const entry = (group: string, topic: string, partition: number, offset: number): Committed => ({
  group,
  topic,
  partition,
  offset,
})
const two = [entry('billing', 'orders', 0, 1200), entry('billing', 'orders', 1, 980)]

describe('files of offsets', () => {
  it('are written as each tool reads them', () => {
    expect(writeOffsets(two, 'csv')).to.equal('billing,orders,0,1200\nbilling,orders,1,980\n')
    expect(writeOffsets(two, 'rpk')).to.equal('orders 0 1200\norders 1 980\n')
    expect(writeOffsets(two, 'zk')).to.equal(
      '/consumers/billing/offsets/orders/0:1200\n/consumers/billing/offsets/orders/1:980\n',
    )
  })

  it('are read whatever tool wrote them', () => {
    for (const format of OFFSET_FILE_FORMATS) {
      expect(readOffsets(writeOffsets(two, format), 'file', 'billing'), format).to.deep.equal(two)
    }
  })

  it("take Kafka's own lines, which have no group", () => {
    expect(readOffsets('orders,0,5\n\n# a remark\norders,1,6\r\n', 'file', 'g')).to.deep.equal([
      entry('g', 'orders', 0, 5),
      entry('g', 'orders', 1, 6),
    ])
  })

  it('keep any group and topic through csv', () => {
    const text = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((each) => each.trim() === each && !/[\r\n#]/.test(each))
    const arbitrary = fc.record({
      group: text,
      topic: text,
      partition: fc.integer({ min: 0, max: 0x7fffffff }),
      offset: fc.integer({ min: 0, max: 2 ** 50 }),
    })
    const place = ({ group, topic, partition }: Committed) => JSON.stringify([group, topic, partition])
    fc.assert(
      fc.property(fc.uniqueArray(arbitrary, { selector: place }), (entries) => {
        expect(readOffsets(writeOffsets(entries, 'csv'), 'file', null)).to.deep.equal(
          [...entries].sort(inOrder),
        )
      }),
    )
  })

  it('have no rpk form for two groups', () => {
    expect(() => writeOffsets([...two, entry('other', 'orders', 0, 1)], 'rpk')).to.throw(
      CliError,
      'no column for groups',
    )
  })

  const faults: readonly [line: string, why: string][] = [
    ['nonsense', 'not understood'],
    ['orders 0', 'not understood'],
    ['billing,orders,x,1', 'partition x is not a whole number'],
    ['billing,orders,0,-5', 'offset -5 is not a whole number'],
    ['billing,orders,4294967296,5', 'partition 4294967296 is not'],
    ['billing,orders,0,99999999999999999999', 'offset 99999999999999999999 is not'],
  ]
  for (const [line, why] of faults) {
    it(`are refused with the number of the line: ${line}`, () => {
      expect(() => readOffsets(`billing,orders,9,1\n${line}\n`, 'my.csv', 'g'))
        .to.throw(CliError, why)
        .with.property('message')
        .that.includes('my.csv, line 2')
    })
  }

  it('may not name a partition twice', () => {
    expect(() => readOffsets('g,t,0,1\ng,t,0,2\n', 'f', null)).to.throw(
      CliError,
      't-0 is named a second time',
    )
  })

  it('need a group from somewhere', () => {
    expect(() => readOffsets('t,0,1\n', 'f', null)).to.throw(CliError, 'which group')
  })
})
