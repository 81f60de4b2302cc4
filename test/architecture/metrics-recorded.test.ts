import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { catalogue } from '../../src/metrics/catalogue.ts'
import { isExcused, matches, NOT_BUILT } from '../support/metrics-not-built.ts'

const SOURCES = join(import.meta.dirname, '../../src')
/** The table itself, what prints it, and what reads the series. */
const DECLARING = /^(metrics\/catalogue|tools|cli\/generate)\//

const names = Object.keys(catalogue)

/**
 * The names that some file which could record them has as a string, or puts together from a template (`prefix_${name}suffix`)
 * and a word that stands in the same file.
 */
function recordedNames(): Set<string> {
  const recorded = new Set<string>()
  for (const file of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || DECLARING.test(file.replaceAll('\\', '/'))) continue
    const text = readFileSync(join(SOURCES, file), 'utf8')
    for (const [, word = ''] of text.matchAll(/'([a-z][a-z0-9_]+)'/g)) {
      if (word in catalogue) recorded.add(word)
    }
    const words = new Set(text.match(/\b[a-z][a-z0-9_]+\b/g))
    const templates = /`((?:kafka|zookeeper|zurau)_[a-z0-9_]*_)\$\{[^}]*\}([a-z0-9_]*)`/g
    for (const [, prefix = '', suffix = ''] of text.matchAll(templates)) {
      for (const name of names) {
        if (!name.startsWith(prefix) || !name.endsWith(suffix)) continue
        if (words.has(name.slice(prefix.length, name.length - suffix.length))) recorded.add(name)
      }
    }
  }
  return recorded
}

describe('every metric', () => {
  const recorded = recordedNames()

  it('is recorded somewhere, or waits for something that is not built', () => {
    expect(names.filter((name) => !recorded.has(name) && !isExcused(name))).to.deep.equal([])
  })

  it('leaves the waiting list when it is recorded', () => {
    expect(names.filter((name) => recorded.has(name) && isExcused(name))).to.deep.equal([])
  })

  it('is what a line of the waiting list speaks of', () => {
    const idle = Object.keys(NOT_BUILT).filter((pattern) => !names.some((name) => matches(pattern, name)))
    expect(idle).to.deep.equal([])
  })

  it('waits for one thing', () => {
    const patterns = Object.keys(NOT_BUILT)
    const twice = names.filter((name) => patterns.filter((pattern) => matches(pattern, name)).length > 1)
    expect(twice).to.deep.equal([])
  })
})
