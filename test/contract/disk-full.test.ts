import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../../src/platform/node/node-disk.ts', import.meta.url))
const cwd = fileURLToPath(new URL('../..', import.meta.url))

describe('the real disk when the system takes only a part', function () {
  this.timeout(60_000)
  let root: string

  beforeEach(function () {
    if (process.platform === 'win32') this.skip()
    root = mkdtempSync(path.join(tmpdir(), 'zurau-full-'))
  })

  afterEach(() => rmSync(root, { recursive: true, force: true }))

  /** Runs `body` where no file may grow beyond `maxBytes`, a multiple of 1024; returns what it printed. */
  function limited(maxBytes: number, body: string): string {
    const program = `import { NodeDisk } from ${JSON.stringify(source)}
      const file = new NodeDisk().open(${JSON.stringify(path.join(root, 'file'))}, { mode: 'write' })
      ${body}`
    const blocks = maxBytes / 512
    const { stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        `ulimit -f ${blocks} && exec "$0" "$@"`,
        process.execPath,
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        program,
      ],
      { encoding: 'utf8', cwd, env: { ...process.env, TSX_DISABLE_CACHE: '1' } },
    )
    return stdout + stderr
  }

  const buffers = `[Buffer.alloc(1000, 'a'), Buffer.alloc(3000, 'b'), Buffer.alloc(1000, 'c')]`

  for (const [name, call] of [
    ['write', `file.write(${buffers}, 0)`],
    ['writeAsync', `await file.writeAsync(${buffers}, 0)`],
    ['write of one buffer', `file.write([Buffer.concat(${buffers})], 0)`],
  ] as const) {
    it(`writes what fits and then says why not more, in ${name}`, () => {
      const printed = limited(
        2048,
        `try { ${call} } catch (error) { console.log(error.name, error.code, error.message) }`,
      )
      expect(printed).to.match(/^DiskError OTHER .*EFBIG/)
      expect(readFileSync(path.join(root, 'file'), 'latin1')).to.equal('a'.repeat(1000) + 'b'.repeat(1048))
    })
  }
})
