import { expect } from 'chai'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FAULT_FILE_VARIABLE, FAULT_PRELOAD } from '../../src/drill/faults/fault-preload.ts'
import type { ReportData } from '../../src/drill/report/report-data.ts'

// Absolute: what is started elsewhere must find it too.
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname
const ENVIRONMENT = { ...process.env, NO_COLOR: '1', ZURAU_ZOOKEEPER_JARS: undefined }

/** `zurau drill …` as a process of its own, with a folder for everything that it makes. */
class DrillCommand {
  readonly folder = mkdtempSync(join(tmpdir(), 'zurau-drill-test-'))
  readonly ended: Promise<number | null>
  output = ''
  private readonly child: ChildProcess
  private readonly waiting: { readonly text: string; readonly resolve: () => void }[] = []

  constructor(...words: string[]) {
    this.child = spawn(
      process.execPath,
      ['--import', TSX, MAIN, 'drill', ...words, '--out', join(this.folder, 'reports')],
      { env: { ...ENVIRONMENT, TMPDIR: this.folder }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const hear = (chunk: Buffer): void => {
      this.output += chunk.toString()
      for (const { text, resolve } of this.waiting) if (this.output.includes(text)) resolve()
    }
    this.child.stdout?.on('data', hear)
    this.child.stderr?.on('data', hear)
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
  }

  /** Resolves when the text was printed, or the command is over. */
  said(text: string): Promise<unknown> {
    if (this.output.includes(text)) return Promise.resolve()
    return Promise.race([this.ended, new Promise<void>((resolve) => this.waiting.push({ text, resolve }))])
  }

  interrupt(): void {
    this.child.kill('SIGINT')
  }

  /** Processes that run in the drill's folder. */
  processes(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^[0-9]+$/.test(name))
      .flatMap((pid) => {
        try {
          return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]
        } catch {
          return []
        }
      })
      .filter((line) => line.includes(`${this.folder}/zurau-drills`))
  }

  leftovers(): string[] {
    return readdirSync(this.folder).filter((name) => name.startsWith('zurau-drills'))
  }

  report(): ReportData {
    const reports = join(this.folder, 'reports')
    const [name] = readdirSync(reports)
    return JSON.parse(readFileSync(join(reports, name as string, 'report.json'), 'utf8')) as ReportData
  }

  async remove(): Promise<void> {
    this.child.kill('SIGTERM')
    // What does not end by itself shall fail its own test, not stop those that follow.
    const patience = setTimeout(() => this.child.kill('SIGKILL'), 20_000)
    await this.ended
    clearTimeout(patience)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

describe('zurau drill run', function () {
  this.timeout(240_000)
  let drill: DrillCommand | null = null

  afterEach(async () => {
    await drill?.remove()
    drill = null
  })

  it('loses no acknowledged record when a broker is killed, and leaves reports and nothing else', async () => {
    drill = new DrillCommand('run', 'broker-crash')
    await drill.ended
    const { verdict, truth, steps } = drill.report()
    // Times are the machine's: a busy one may breach a threshold, but never lose a record.
    expect(['held', 'breached'], drill.output).to.include(verdict)
    expect(truth.map(({ lane }) => lane)).to.have.members(['all', '1'])
    const [all] = truth.filter(({ lane }) => lane === 'all')
    expect(all).to.include({ lost: 0, duplicated: 0, reordered: 0 })
    expect(all?.acknowledged).to.be.greaterThan(100)
    expect(steps.every(({ status }) => status === 'succeeded')).to.equal(true)
    const [folder] = readdirSync(join(drill.folder, 'reports'))
    const files = readdirSync(join(drill.folder, 'reports', folder as string))
    expect(files).to.have.members(['report.html', 'report.md', 'report.json', 'junit.xml', 'journal.jsonl'])
    expect([drill.processes(), drill.leftovers()]).to.deep.equal([[], []])
  })

  it('counts what is lost when the only disk that had it is lost: the drill does not hold', async () => {
    drill = new DrillCommand('run', 'broker-crash', '--mutate')
    const code = await drill.ended
    const { verdict, truth } = drill.report()
    expect(verdict, drill.output).not.to.equal('held')
    expect(truth.find(({ lane }) => lane === 'all')?.lost).to.be.greaterThan(0)
    expect(code).to.be.oneOf([4, 99])
  })

  for (const moment of ['▸ start sandbox', '▸ workload', '▸ method', 'kill the leader'])
    it(`leaves no process and no file behind when it is interrupted after "${moment}"`, async () => {
      drill = new DrillCommand('run', 'broker-crash')
      await drill.said(moment)
      drill.interrupt()
      expect(await drill.ended, drill.output).to.equal(5)
      expect([drill.processes(), drill.leftovers()]).to.deep.equal([[], []])
    })
})

describe('faults from within a process', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zurau-preload-test-'))
    writeFileSync(join(folder, 'preload.mjs'), FAULT_PRELOAD)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Runs a program under faults and returns what it prints. */
  async function under(faults: object, program: string): Promise<string> {
    writeFileSync(join(folder, 'faults.json'), JSON.stringify(faults))
    writeFileSync(join(folder, 'program.mjs'), program)
    const child = spawn(
      process.execPath,
      ['--import', join(folder, 'preload.mjs'), join(folder, 'program.mjs')],
      {
        cwd: folder,
        env: { ...process.env, [FAULT_FILE_VARIABLE]: join(folder, 'faults.json') },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await new Promise((resolve) => child.once('close', resolve))
    return output.trim()
  }

  const WRITE = `import { openSync, writeSync } from 'node:fs'
    try { writeSync(openSync('x', 'w'), Buffer.from('x')); console.log('written') } catch (error) { console.log(error.code) }`

  it('fails every write with ENOSPC while the disk is full, through imports that were bound before', async () => {
    expect(await under({ isDiskFull: true }, WRITE)).to.equal('ENOSPC')
    expect(await under({}, WRITE)).to.equal('written')
    expect(existsSync(join(folder, 'x'))).to.equal(true)
  })

  it('moves the wall clock and leaves the monotonic one alone', async () => {
    const [wall, monotonic] = (
      await under({ clockOffsetMs: 3_600_000 }, 'console.log(Date.now(), performance.now())')
    ).split(' ')
    expect(Number(wall) - Date.now()).to.be.within(3_500_000, 3_600_000)
    expect(Number(monotonic)).to.be.lessThan(60_000)
  })

  it('makes syncing slow', async () => {
    const program = `import { openSync, fdatasyncSync } from 'node:fs'
      const started = performance.now(); fdatasyncSync(openSync('x', 'w')); console.log(performance.now() - started)`
    expect(Number(await under({ syncDelayMs: 300 }, program))).to.be.greaterThan(299)
  })
})
