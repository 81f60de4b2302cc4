import { expect } from 'chai'
import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import type { Disk } from '../../src/platform/disk.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { FakeDisk } from '../fakes/disk.ts'

/** Another process that can take the lock. */
interface Rival {
  /** `held`, or who else holds it. */
  take(file: string): Promise<string>
  /** Ends it without a chance to clean up. */
  kill(): Promise<void>
}

interface Subject {
  readonly disk: Disk
  readonly root: string
  rival(): Promise<Rival>
  close(): Promise<void>
}

async function fake(): Promise<Subject> {
  const disk = new FakeDisk({ owner: 'process 1' })
  let rivals = 1
  return {
    disk,
    root: '',
    rival: async () => {
      const other = new FakeDisk({ image: disk.image, owner: `process ${++rivals}` })
      return {
        take: async (file) => describeLock(other.lock(file)),
        kill: async () => other.retire(),
      }
    },
    close: async () => undefined,
  }
}

/** The disk port as a program: reads names of lock files, answers each with `held` or the holder. */
const PROGRAM = `
import { createInterface } from 'node:readline'
import { NodeDisk } from ${JSON.stringify(fileURLToPath(new URL('../../src/platform/node/node-disk.ts', import.meta.url)))}
const disk = new NodeDisk()
for await (const file of createInterface({ input: process.stdin })) {
  const lock = disk.lock(file)
  console.log('heldBy' in lock ? lock.heldBy : 'held')
}
`

async function real(): Promise<Subject> {
  const root = mkdtempSync(path.join(tmpdir(), 'zurau-lock-'))
  const program = path.join(root, 'rival.mjs')
  buildSync({
    stdin: { contents: PROGRAM, loader: 'ts', resolveDir: root },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    logLevel: 'error',
  })
  const children: ChildProcess[] = []
  return {
    disk: new NodeDisk(),
    root,
    rival: async () => {
      const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
      children.push(child)
      const lines = createInterface({ input: child.stdout })
      return {
        take: async (file) => {
          const answered = once(lines, 'line') as Promise<[string]>
          child.stdin.write(`${file}\n`)
          return (await answered)[0]
        },
        kill: () => end(child),
      }
    },
    close: async () => {
      await Promise.all(children.map(end))
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function describeLock(lock: ReturnType<Disk['lock']>): string {
  return 'heldBy' in lock ? lock.heldBy : 'held'
}

for (const [name, make] of Object.entries({ fake, real })) {
  describe(`a lock between processes on the ${name} disk`, function () {
    this.timeout(60_000)
    let subject: Subject
    let file: string

    beforeEach(async () => {
      subject = await make()
      file = `${subject.root}/.lock`
    })

    afterEach(() => subject.close())

    it('keeps the other process out as long as its holder lives', async () => {
      const lock = subject.disk.lock(file)
      const rival = await subject.rival()
      expect(await rival.take(file)).to.match(/^process \d+$/)
      if ('release' in lock) lock.release()
      expect(await rival.take(file)).to.equal('held')
      expect(subject.disk.lock(file))
        .to.have.property('heldBy')
        .that.matches(/^process \d+$/)
    })

    it('is free again when its holder was killed', async () => {
      const rival = await subject.rival()
      expect(await rival.take(file)).to.equal('held')
      await rival.kill()
      expect(describeLock(subject.disk.lock(file))).to.equal('held')
      const next = await subject.rival()
      expect(await next.take(file)).to.match(/^process \d+$/)
    })

    it('goes to one of many that find its holder dead', async () => {
      const holder = await subject.rival()
      const rivals = await Promise.all(Array.from({ length: 6 }, () => subject.rival()))
      // All are up and running before the race.
      for (const rival of rivals) expect(await rival.take(`${subject.root}/.warm-up`)).to.be.a('string')
      const files = Array.from({ length: 50 }, (_, i) => `${file}-${i}`)
      for (const contested of files) expect(await holder.take(contested)).to.equal('held')
      await holder.kill()
      for (const contested of files) {
        const answers = await Promise.all(rivals.map((rival) => rival.take(contested)))
        expect(answers.filter((answer) => answer === 'held')).to.have.length(1)
      }
    })
  })
}

describe('the lock file of the real disk', () => {
  let root: string
  let file: string

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'zurau-lock-'))
    file = path.join(root, '.lock')
  })

  afterEach(() => rmSync(root, { recursive: true, force: true }))

  /** The content of a lock that this process took, with something changed. */
  function writtenBy(changes: Record<string, unknown>): string {
    const own = path.join(root, 'own')
    const lock = new NodeDisk().lock(own)
    expect(describeLock(lock)).to.equal('held')
    const text = readFileSync(own, 'utf8')
    if ('release' in lock) lock.release()
    return `${JSON.stringify({ ...(JSON.parse(text) as object), ...changes })}\n`
  }

  /** The number of a process that was. */
  function deadPid(): number {
    return spawnSync(process.execPath, ['-e', '0']).pid
  }

  it('says who holds it', () => {
    expect(describeLock(new NodeDisk().lock(file))).to.equal('held')
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.include({ pid: process.pid })
    expect(describeLock(new NodeDisk().lock(file))).to.equal(`process ${process.pid}`)
  })

  it('holds against a process that lives, also one of which nothing but the number is known', () => {
    writeFileSync(
      file,
      writtenBy({ startedAt: null, bootId: null, pidNamespace: null, claim: '00000000000000aa' }),
    )
    expect(describeLock(new NodeDisk().lock(file))).to.equal(`process ${process.pid}`)
  })

  const stale: Record<string, () => Record<string, unknown>> = {
    'a process that is gone': () => ({ pid: deadPid() }),
    'a process that is gone, and nothing else is known of it': () => ({
      pid: deadPid(),
      startedAt: null,
      bootId: null,
      pidNamespace: null,
    }),
  }
  // Only Linux tells more of a process than its number.
  if (process.platform === 'linux') {
    stale['an earlier process with a number that came again'] = () => ({ startedAt: '1' })
    stale['a process from before the machine was started'] = () => ({ bootId: 'another start' })
    stale['a process of a container that was replaced'] = () => ({ pidNamespace: 'pid:[1]' })
  }

  for (const [words, changes] of Object.entries(stale)) {
    it(`is taken over from ${words}`, () => {
      writeFileSync(file, writtenBy({ claim: '00000000000000aa', ...changes() }))
      expect(describeLock(new NodeDisk().lock(file))).to.equal('held')
      expect(readdirSync(root).sort()).to.deep.equal(['.lock', 'own'])
    })
  }

  it('is taken over when it says nothing that we understand', () => {
    for (const words of ['', 'pid 17', '{"pid":"17"}', '{"pid":1,"claim":"../../etc"}', 'null', '[1]']) {
      writeFileSync(file, words)
      const lock = new NodeDisk().lock(file)
      expect(describeLock(lock)).to.equal('held')
      if ('release' in lock) lock.release()
    }
  })

  it('passes over those that died while taking it over', () => {
    const first = writtenBy({ claim: '00000000000000aa', pid: deadPid() })
    const heir = writtenBy({ claim: '00000000000000bb', pid: deadPid() })
    writeFileSync(file, first)
    writeFileSync(`${file}.after-00000000000000aa`, heir)
    expect(describeLock(new NodeDisk().lock(file))).to.equal('held')
    expect(readdirSync(root).sort()).to.deep.equal(['.lock', 'own'])
  })

  it('is left to one who lives and is just taking it over', () => {
    writeFileSync(file, writtenBy({ claim: '00000000000000aa', pid: deadPid() }))
    writeFileSync(`${file}.after-00000000000000aa`, writtenBy({ claim: '00000000000000bb' }))
    expect(describeLock(new NodeDisk().lock(file))).to.equal(`process ${process.pid}`)
  })

  it('is left to a process that locked it as Kafka does', async function () {
    if (process.platform !== 'linux' || spawnSync('python3', ['-c', 'import fcntl']).status !== 0) this.skip()
    writeFileSync(file, '')
    const script =
      'import fcntl,sys; f=open(sys.argv[1],"r+"); fcntl.lockf(f,fcntl.LOCK_EX); print("locked",flush=True); sys.stdin.read()'
    const kafka = spawn('python3', ['-c', script, file], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await once(createInterface({ input: kafka.stdout }), 'line')
      expect(describeLock(new NodeDisk().lock(file))).to.contain(`process ${kafka.pid}`)
      expect(readFileSync(file, 'utf8')).to.equal('')
      await end(kafka)
      expect(describeLock(new NodeDisk().lock(file))).to.equal('held')
    } finally {
      await end(kafka)
    }
  })
})
