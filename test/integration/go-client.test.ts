import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startKafka, type TestKafka } from '../../src/testing.ts'

const run = promisify(execFile)
const COUNT = 1000

/** Where install.sh has put it. */
const client =
  process.env['ZURAU_GO_CLIENT'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'zurau/go-client/go-client')

describe('a client in Go (franz-go)', function () {
  this.timeout(120_000)
  let kafka: TestKafka | null = null

  before(async function () {
    if (!existsSync(client)) {
      console.warn(
        `SKIPPED a client in Go: ${client} is not built (test/support/install.sh, with a Go compiler)`,
      )
      return this.skip()
    }
    kafka = await startKafka({ topics: [{ name: 'numbers', partitions: 3 }] })
  })

  after(async () => {
    await kafka?.stop()
  })

  async function go(...args: string[]): Promise<string[]> {
    const all = [...args, '-b', kafka?.bootstrapServers ?? '', '-t', 'numbers', '-n', String(COUNT)]
    const { stdout } = await run(client, all, { timeout: 90_000, maxBuffer: 1024 * 1024 })
    return stdout.split('\n').filter((line) => line !== '')
  }

  it('reads back what it has produced idempotently, alone and in a group', async () => {
    const values = Array.from({ length: COUNT }, (_, index) => String(index)).sort()
    await go('produce')
    expect((await go('consume')).sort()).to.deep.equal(values)
    expect((await go('consume', '-g', 'readers')).sort()).to.deep.equal(values)
  })
})
