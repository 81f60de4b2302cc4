import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { JUSTIFICATIONS, justificationRows } from '../conformance/justifications.ts'

const HEADING = '## Answers that differ from recorded ones'

describe('the justified differences', () => {
  it('stand in docs/compatibility.md, each with its reason, and no others', () => {
    const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8')
    const section = page.split(HEADING)[1]?.split('\n## ')[0] ?? ''
    const rows = section.split('\n').filter((line) => /^\| [^-]/.test(line))
    expect(rows.slice(1), 'rows of the table').to.deep.equal(justificationRows())
  })

  it('say why', () => {
    for (const { reason } of JUSTIFICATIONS) expect(reason.length).to.be.greaterThan(20)
  })
})
