import { expect } from 'chai'
import { comparisonRows, markdownReport } from '../../../../../src/cli/offsets/compare/report-text.ts'
import { judge } from '../../../../../src/cli/offsets/compare/verdict.ts'
import { figureOf } from '../../../../../src/cli/offsets/compare/result.ts'
import { aComparison, aContender } from '../../../../support/compare-result.ts'

const faults = [
  {
    name: 'zk|leader',
    command: 'docker kill zk2',
    gaps: [
      { contender: 'zookeeper', ms: 2400, failures: 12, lost: 0 },
      { contender: 'kafka', ms: 300, failures: 3, lost: 2 },
    ],
  },
] as const

const result = aComparison(
  [
    aContender('zookeeper-faithful', { rest: { fsyncsPerSecond: 85.4, packetsPerCommit: 120.2 } }),
    aContender('zookeeper', { rest: { saturation: figureOf([900, 1100, 1000]) } }),
    aContender('kafka', { saturation: 4000, rest: { p99: figureOf([NaN]), packetsPerCommit: null } }),
  ],
  { faults, repeats: 3 },
)

describe('the rows of a comparison', () => {
  const { head, rows } = comparisonRows(result)
  const row = (title: string): string[] | undefined => rows.find(([first]) => first === title)?.slice(1)

  it('have a cell for each contender', () => {
    expect(head).to.deep.equal([
      '',
      'ZooKeeper (v0, loop)',
      'ZooKeeper (v0, multi)',
      '__consumer_offsets (v8)',
    ])
    for (const cells of rows) expect(cells, cells[0]).to.have.length(4)
  })

  it('show the median, and the range where there is one', () => {
    expect(row('commits/s at most')).to.deep.equal(['1,000', '1,000 (900 – 1,100)', '4,000'])
    expect(row('partition offsets/s at most')).to.deep.equal(['120,000', '120,000', '480,000'])
    expect(row('your load is of that')).to.deep.equal(['0.8 %', '0.8 %', '0.2 %'])
  })

  it('say where there is no figure', () => {
    expect(row('commit p99 at your rate')?.[2]).to.equal('–')
    expect(row('ZooKeeper packets per commit')).to.deep.equal(['120', '1.0', 'not told'])
    expect(row('ZooKeeper fsyncs/s, saturated')).to.deep.equal(['85', 'not told', 'not told'])
  })

  it('say who let a zombie in, and who may leave half a commit', () => {
    expect(row('zombie commit accepted')).to.deep.equal(['YES', 'YES', 'no (ILLEGAL_GENERATION)'])
    expect(row('all partitions of a commit or none')).to.deep.equal(['NO: znode by znode', 'yes', 'yes'])
  })

  it('have one for each fault, with what was lost', () => {
    expect(row('longest gap: zk|leader')).to.deep.equal(['–', '2.4 s', '300 ms, 2 LOST'])
  })
})

describe('the report in Markdown', () => {
  const text = markdownReport(result)

  it('begins with the verdict and its reasons', () => {
    const { sentence, reasons } = judge(result)
    expect(text.split('\n')[2]).to.equal(`**${sentence}**`)
    for (const reason of reasons) expect(text).to.contain(`- ${reason}`)
  })

  it('has tables whose rows are as long as their heads, whatever a name has in it', () => {
    const tables = text.split('\n\n').filter((block) => block.startsWith('|'))
    expect(tables).to.have.length(2)
    for (const table of tables) {
      const widths = table.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length)
      expect(new Set(widths).size, table).to.equal(1)
    }
  })

  it('tells what each fault did, and leaves the chapter out where there was none', () => {
    expect(text).to.contain(
      '- **zk|leader** (`docker kill zk2`): ZooKeeper (v0, multi) 2.4 s, 12 commits failed',
    )
    expect(markdownReport(aComparison([aContender('kafka')]))).not.to.contain('## Faults')
  })
})
