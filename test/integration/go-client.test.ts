import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startKafka, type TestKafka } from '../../src/testing.ts'
import { goClient, lacksGoClient } from '../support/go-client.ts'

const LIMIT_MS = 90_000

describe('a client in Go (franz-go)', function () {
  this.timeout(2 * LIMIT_MS)
  let kafka: TestKafka | null = null

  before(async function () {
    const lack = lacksGoClient()
    if (lack !== null) {
      console.warn(`SKIPPED a client in Go: ${lack}`)
      return this.skip()
    }
    kafka = await startKafka({ topics: [{ name: 'numbers', partitions: 3 }] })
  })

  after(async () => {
    await kafka?.stop()
  })

  async function go(what: string, args: readonly string[], input = ''): Promise<string[]> {
    const all = [what, kafka?.bootstrapServers ?? '', 'numbers', ...args]
    const running = promisify(execFile)(goClient, all, { timeout: LIMIT_MS, maxBuffer: 1024 * 1024 })
    running.child.stdin?.end(input)
    const { stdout } = await running
    return stdout.split('\n').filter((line) => line !== '')
  }

  it('reads back what it has produced idempotently, alone and in a group', async () => {
    const values = Array.from({ length: 1000 }, (_, index) => String(index))
    await go('produce', [], values.map((value) => `${value}\n`).join(''))
    expect(await go('consume', ['1000'])).to.deep.equal(values)
    expect(await go('group', ['1000', 'readers'])).to.deep.equal(values)
  })
})
