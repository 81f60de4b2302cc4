import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

const SOURCES = join(import.meta.dirname, '../../src')

describe('fastify', () => {
  it('is known to one file, which loads it when it is needed', () => {
    const mentions: string[] = []
    for (const file of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue
      for (const line of readFileSync(join(SOURCES, file), 'utf8').split('\n')) {
        const isType = /^import type /.test(line)
        if (/['"]fastify(\/.*)?['"]/.test(line)) mentions.push(`${file}: ${isType ? 'type' : line.trim()}`)
      }
    }
    expect(mentions).to.deep.equal([
      'http/server.ts: type',
      "http/server.ts: const { default: fastify } = await import('fastify')",
    ])
  })
})
