import { expect } from 'chai'
import { catalogue } from '../../../../src/drill/catalogue/catalogue.ts'
import { experimentText, parseExperiment } from '../../../../src/drill/experiment/parse-experiment.ts'
import { present } from '../../../../src/std/assert.ts'

const text = experimentText(present(catalogue['broker-crash'], 'broker-crash'))

/** The file with one line of it changed; returns the number of that line too. */
function changed(from: string, to: string): { file: string; line: number } {
  const at = text.indexOf(from)
  if (at < 0) throw new Error(`the file has no ${from}`)
  return { file: text.replace(from, to), line: text.slice(0, at).split('\n').length }
}

describe('drill files', () => {
  it('are read back as they were written, every drill of the catalogue', () => {
    for (const experiment of Object.values(catalogue)) {
      const parsed = parseExperiment(experimentText(experiment))
      expect(parsed.problems).to.deep.equal([])
      expect('experiment' in parsed && parsed.experiment).to.deep.equal(experiment)
    }
  })

  it('may be JSON', () => {
    expect(parseExperiment(JSON.stringify(catalogue['broker-crash'])).problems).to.deep.equal([])
  })

  it('tells line and column of a command that does not exist', () => {
    const { file, line } = changed(
      'arguments: fault kill broker leader',
      'arguments: fault kil broker leader',
    )
    const { problems } = parseExperiment(file)
    expect(problems).to.have.length(1)
    expect(problems[0]).to.include({ line, message: '"fault kil broker leader" is no drill command' })
    expect(problems[0]?.column).to.equal(file.split('\n')[line - 1]!.indexOf('fault kil') + 1)
  })

  const mistakes: [string, string, string, RegExp][] = [
    ['an unknown key', 'tags:', 'tagz:', /tagz is not known here/],
    ['a threshold that cannot be read', 'max<9000', 'max<many', /not a threshold/],
    ['a metric that nobody measures', 'urp_seconds:', 'urp_minutes:', /there is no metric urp_minutes/],
    ['a level that does not exist', 'level: 1', 'level: 7', /whole number from 1 to 3/],
    ['too many ZooKeeper servers', 'zookeeper: 1', 'zookeeper: 5', /whole number from 1 to 3/],
    ['a provider that is not ours', 'path: zurau', 'path: rm', /only providers of type process/],
    ['a broker that is none', 'wait broker-gone victim', 'wait broker-gone everybody', /is not a broker/],
    [
      'a stop condition of no gauge',
      'offline_partitions>0 for 40s',
      'moon>0 for 40s',
      /there is no gauge moon/,
    ],
    [
      'a mutation of a step that is missing',
      'leaders moved: wait seconds 1',
      'leaders flew: wait seconds 1',
      /no step "leaders flew"/,
    ],
  ]
  for (const [what, from, to, message] of mistakes)
    it(`tells where there is ${what}`, () => {
      const { file, line } = changed(from, to)
      const { problems } = parseExperiment(file)
      expect(problems.map((each) => each.message).join('; ')).to.match(message)
      expect(problems.map((each) => each.line)).to.include(line)
    })

  it('tells all mistakes at once, in the order of the file', () => {
    const file = text.replace('tags:', 'tagz:').replace('max<9000', 'max<many')
    const lines = parseExperiment(file).problems.map(({ line }) => line)
    expect(lines.length).to.be.greaterThan(1)
    expect(lines).to.deep.equal([...lines].sort((one, other) => one - other))
  })

  it('tells where YAML itself is broken', () => {
    const { problems } = parseExperiment('title: [unclosed\nversion: 1')
    expect(problems[0]).to.include({ line: 2 })
  })

  for (const nonsense of ['', 'null', '[]', '42', 'a: &a [*a]', 'title: x\ntitle: y'])
    it(`refuses ${JSON.stringify(nonsense)} without a crash`, () => {
      expect(parseExperiment(nonsense).problems).not.to.deep.equal([])
    })
})
