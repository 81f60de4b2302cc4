import { expect } from 'chai'
import { compareTranscripts } from '../../conformance/comparison.ts'
import type { Justification } from '../../conformance/justifications.ts'
import type { Step, Transcript } from '../../conformance/transcript.ts'

const sent = { api: 'Produce', version: 9, body: {} }

function transcript(...answers: unknown[]): Transcript {
  return { cases: [{ name: 'one', steps: answers.map((answer): Step => ({ sent, answer })) }] }
}

const MESSAGE_MAY_DIFFER: Justification = {
  apis: ['Produce'],
  path: 'responses.*.errorMessage',
  when: (expected) => expected === null,
  reason: 'words',
}

describe('compareTranscripts', () => {
  it('counts equal answers as equal', () => {
    const { compared, equal, different } = compareTranscripts(transcript({ a: 1 }), transcript({ a: 1 }), [])
    expect([compared, equal, different]).to.deep.equal([1, 1, 0])
  })

  it('says where an answer differs, and what was expected', () => {
    const [difference] = compareTranscripts(
      transcript({ a: [{ b: 1 }] }),
      transcript({ a: [{ b: 2 }] }),
      [],
    ).differences
    expect(difference).to.deep.include({ caseName: 'one', step: 1, path: 'a.0.b', expected: 1, actual: 2 })
  })

  it('takes a masked value for equal to any other', () => {
    expect(compareTranscripts(transcript({ a: '<any>' }), transcript({ a: 7 }), []).equal).to.equal(1)
  })

  it('finds a field that only one side has', () => {
    const { differences } = compareTranscripts(transcript({ a: 1 }), transcript({ a: 1, b: 2 }), [])
    expect(differences.map(({ path }) => path)).to.deep.equal(['b'])
  })

  it('finds a step that is missing and a case that nobody asked for', () => {
    const ours: Transcript = {
      cases: [...transcript(1).cases, { name: 'other', steps: [{ sent, answer: 1 }] }],
    }
    expect(compareTranscripts(transcript(1, 2), ours, []).differences).to.have.length(2)
  })

  it('finds requests that were not the same, so that equal answers prove nothing', () => {
    const ours: Transcript = { cases: [{ name: 'one', steps: [{ sent: { api: 'Fetch' }, answer: 1 }] }] }
    expect(compareTranscripts(transcript(1), ours, []).different).to.equal(1)
  })

  it('justifies a step whose every difference is in the table', () => {
    const recorded = transcript({ responses: [{ errorMessage: null }, { errorMessage: null }] })
    const ours = transcript({ responses: [{ errorMessage: 'x' }, { errorMessage: 'y' }] })
    const { justified, different, used } = compareTranscripts(recorded, ours, [MESSAGE_MAY_DIFFER])
    expect([justified, different, used.has(MESSAGE_MAY_DIFFER)]).to.deep.equal([1, 0, true])
  })

  it('does not justify a step for half of its differences', () => {
    const recorded = transcript({ responses: [{ errorMessage: null, errorCode: 1 }] })
    const ours = transcript({ responses: [{ errorMessage: 'x', errorCode: 2 }] })
    const { justified, different, differences } = compareTranscripts(recorded, ours, [MESSAGE_MAY_DIFFER])
    expect([justified, different]).to.deep.equal([0, 1])
    expect(differences.map(({ path }) => path)).to.deep.equal(['responses.0.errorCode'])
  })

  it('does not justify values for which the rule was not made', () => {
    const recorded = transcript({ responses: [{ errorMessage: 'words' }] })
    const ours = transcript({ responses: [{ errorMessage: 'others' }] })
    expect(compareTranscripts(recorded, ours, [MESSAGE_MAY_DIFFER]).different).to.equal(1)
  })

  it('does not justify another API or another place', () => {
    const recorded = transcript({ responses: [{ deeper: { errorMessage: null } }] })
    const ours = transcript({ responses: [{ deeper: { errorMessage: 'x' } }] })
    expect(compareTranscripts(recorded, ours, [MESSAGE_MAY_DIFFER]).different).to.equal(1)
    const otherApi: Justification = { ...MESSAGE_MAY_DIFFER, apis: ['Fetch'], path: '**' }
    expect(compareTranscripts(transcript(null), transcript(1), [otherApi]).different).to.equal(1)
  })

  it('lets an open path stand for whatever follows', () => {
    const open: Justification = { apis: 'any', path: 'responses.**', reason: 'all of it' }
    const recorded = transcript({ responses: [{ a: { b: 1 } }] })
    expect(compareTranscripts(recorded, transcript({ responses: [] }), [open]).justified).to.equal(1)
  })

  it('names APIs by their key, so that a missing one does not shift the others', () => {
    const recorded = transcript({ apiKeys: [{ apiKey: 1 }, { apiKey: 24 }, { apiKey: 30 }] })
    const ours = transcript({ apiKeys: [{ apiKey: 1 }, { apiKey: 30 }] })
    const { differences } = compareTranscripts(recorded, ours, [])
    expect(differences.map(({ path }) => path)).to.deep.equal(['apiKeys.24'])
  })
})
