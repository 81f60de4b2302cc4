import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { pages } from '../../src/tools/docs/pages.ts'

describe('the pages of docs/ that are printed from tables', () => {
  for (const [name, print] of Object.entries(pages)) {
    it(`docs/${name} is fresh (npm run docs)`, () => {
      const printed = print()
      const kept = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
      // Not compared as a whole: a difference of thousands of lines helps nobody.
      const stale = printed.split('\n').find((line, i) => line !== kept.split('\n')[i])
      expect(stale, 'first line that differs').to.equal(undefined)
      expect(kept.length).to.equal(printed.length)
    })
  }
})
