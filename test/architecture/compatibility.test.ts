import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { apis } from '../../src/protocol/apis.ts'

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

describe('docs/compatibility.md', () => {
  const ledger = read('docs/compatibility.md')
  const section = /## APIs that are not advertised\n([^]*?)\n## /.exec(ledger)?.[1] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| API'))
  const listed = rows.flatMap((row) => row.split('|')[1]?.match(/\w+/g) ?? []).sort()

  it('lists exactly the APIs that have no handler', () => {
    const handlers = read('src/api/handlers.ts')
    const missing = [...handlers.matchAll(/^ {4}([A-Z]\w+): null,$/gm)].map(([, name]) => name ?? '').sort()
    expect(listed).to.deep.equal(missing)
  })

  it('names APIs of the protocol only', () => {
    expect(listed.filter((name) => !(name in apis))).to.deep.equal([])
  })
})
