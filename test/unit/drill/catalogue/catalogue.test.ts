import { expect } from 'chai'
import { catalogue } from '../../../../src/drill/catalogue/catalogue.ts'
import { mutated } from '../../../../src/drill/experiment/experiment.ts'
import { drillCommands, parseCommand } from '../../../../src/drill/run/commands.ts'
import { isMetric } from '../../../../src/drill/run/judge.ts'

const drills = Object.entries(catalogue)

describe('the catalogue of drills', () => {
  it('numbers its drills from 1 on, in order', () => {
    const numbers = drills.map(
      ([
        ,
        {
          extensions: [{ number }],
        },
      ]) => number,
    )
    expect(numbers).to.deep.equal(drills.map((_, index) => index + 1))
  })

  for (const [name, experiment] of drills) {
    const [extension] = experiment.extensions

    it(`${name}: every step is a command, and its name is its own`, () => {
      const names = experiment.method.map((step) => step.name)
      for (const { provider } of experiment.method)
        expect(parseCommand(provider.arguments), provider.arguments).not.to.have.property('problem')
      for (const again of names.filter((each, index) => names.indexOf(each) !== index)) {
        // The same step may be taken twice, but nothing may refer to it then.
        expect(extension.mutation.skip ?? []).not.to.include(again)
        expect(Object.keys(extension.mutation.replace ?? {})).not.to.include(again)
      }
    })

    it(`${name}: what is broken on purpose changes the drill`, () => {
      const broken = mutated(experiment)
      expect({ ...broken, title: '' }).not.to.deep.equal({ ...experiment, title: '' })
      for (const { provider } of broken.method)
        expect(parseCommand(provider.arguments), provider.arguments).not.to.have.property('problem')
    })

    it(`${name}: judges what it measures, and counts what was acknowledged`, () => {
      expect(Object.keys(extension.thresholds).every(isMetric)).to.equal(true)
      expect(extension.thresholds).to.have.property('acked_lost')
    })

    it(`${name}: a trainee is told the symptom, not the cause`, () => {
      expect(extension.coach.symptom.toLowerCase()).not.to.include(experiment.title.toLowerCase())
      expect(extension.coach.hints).not.to.deep.equal([])
    })
  }
})

describe('drill commands', () => {
  it('are found by their longest name', () => {
    const parsed = parseCommand('wait seconds 2')
    expect('command' in parsed && parsed.command.words).to.equal('wait seconds')
  })

  it('have names of which none is another', () => {
    const names = drillCommands.map(({ words }) => words)
    expect(new Set(names).size).to.equal(names.length)
  })

  const wrong: [string, RegExp][] = [
    ['', /is no drill command/],
    ['rm -rf /', /is no drill command/],
    ['fault kill broker', /takes a broker/],
    ['fault kill broker 1 2', /takes a broker/],
    ['fault kill broker 127.0.0.1', /is not a broker/],
    ['wait isr-full --timeout', /needs a value/],
    ['wait isr-full --patience 3s', /no option --patience/],
    ['admin delete-znode controller', /is not a path/],
  ]
  for (const [line, problem] of wrong)
    it(`refuse ${JSON.stringify(line)}`, () => {
      const parsed = parseCommand(line)
      expect('problem' in parsed && parsed.problem).to.match(problem)
    })
})
