import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'chai'

const BUNDLE = resolve('dist/zurau.mjs')
const STARTED = /started/

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Running {
  /** Resolves when the output matches; rejects when the process ends before. */
  said(pattern: RegExp): Promise<string>
  stop(): Promise<Ended>
}

describe('the command, as a process', function () {
  this.timeout(60_000)
  let directory: string
  let processes: Running[]

  before(function () {
    if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: make build`)
  })

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zurau-cli-'))
    processes = []
  })

  afterEach(async () => {
    await Promise.all(processes.map((each) => each.stop()))
    await rm(directory, { recursive: true, force: true })
  })

  function launch(words: readonly string[]): Running & { readonly ended: Promise<Ended> } {
    const environment = { PATH: process.env['PATH'], HOME: directory, NO_COLOR: '1' }
    const child = spawn(process.execPath, [BUNDLE, ...words], { cwd: directory, env: environment })
    let out = ''
    let err = ''
    const watchers = new Set<() => void>()
    const heard = (): void => watchers.forEach((watcher) => watcher())
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      heard()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
      heard()
    })
    const ended = new Promise<Ended>((done) => child.on('close', (code) => done({ code, out, err })))
    const running = {
      ended,
      said: (pattern: RegExp): Promise<string> =>
        new Promise((done, fail) => {
          const look = (): void => {
            const found = pattern.exec(out)
            if (found === null) return
            watchers.delete(look)
            done(found[1] ?? found[0])
          }
          watchers.add(look)
          look()
          void ended.then(() => fail(new Error(`it ended without saying ${String(pattern)}:\n${out}${err}`)))
        }),
      stop: (): Promise<Ended> => {
        child.kill('SIGTERM')
        return ended
      },
    }
    processes.push(running)
    return running
  }

  const run = (...words: string[]): Promise<Ended> => launch(words).ended

  async function properties(name: string, lines: readonly string[]): Promise<string> {
    const path = join(directory, name)
    await writeFile(path, `${lines.join('\n')}\n`)
    return path
  }

  /** A broker with its own ZooKeeper; resolves with where that is. */
  async function firstBroker(): Promise<{ zookeeper: string; kafka: string }> {
    const running = launch(['dev', '--port', '0', '--data', join(directory, 'first')])
    const kafka = await running.said(/kafka {5}(\S+)/)
    return { kafka, zookeeper: await running.said(/zookeeper (\S+)/) }
  }

  const second = (zookeeper: string, more: readonly string[] = []): string[] => [
    'broker.id=2',
    'listeners=PLAINTEXT://127.0.0.1:0',
    `log.dirs=${join(directory, 'second')}`,
    `zookeeper.connect=${zookeeper}`,
    'zurau.http.listen=',
    ...more,
  ]

  function expectOneLine({ code, err }: Ended, message: RegExp): void {
    expect(code).to.be.oneOf([1, 2])
    expect(err).to.match(message)
    expect(err, 'no stack').not.to.match(/^\s+at /m)
  }

  it('refuses values out of range, each with the line it stands on', async () => {
    const path = await properties('bad.properties', [
      'broker.id=1',
      'log.segment.bytes=3',
      'num.io.threads=many',
    ])
    const ended = await run('start', path)
    expectOneLine(ended, /bad\.properties line 2.*log\.segment\.bytes/)
    expect(ended.err).to.match(/bad\.properties line 3.*num\.io\.threads/)
  })

  it('names a properties file that is not there', async () => {
    expectOneLine(await run('start', join(directory, 'none.properties')), /none\.properties.*cannot be read/)
  })

  it('refuses to start without an ensemble, and says what to do', async () => {
    const ended = await run('start', await properties('no-zk.properties', ['broker.id=1']))
    expectOneLine(ended, /Missing required configuration `zookeeper\.connect`/)
    expect(ended.err).to.contain('zurau dev')
  })

  it('starts with unknown and repeated keys, and says so', async () => {
    const { zookeeper } = await firstBroker()
    const path = await properties('odd.properties', second(zookeeper, ['no.such.key=1', 'broker.id=3']))
    const running = launch(['start', path])
    await running.said(STARTED)
    const { out, code } = await running.stop()
    expect(code).to.equal(0)
    expect(out).to.match(/broker\.id is set on line 1 and again on line/)
    expect(out).to.contain('no.such.key')
  })

  it('names the port that is in use', async () => {
    const { zookeeper } = await firstBroker()
    const holder = createServer()
    await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done))
    const { port } = holder.address() as AddressInfo
    try {
      const path = await properties(
        'taken.properties',
        second(zookeeper, [`listeners=PLAINTEXT://127.0.0.1:${port}`]),
      )
      expectOneLine(await run('start', path), new RegExp(`ZU1002.*${port}`))
    } finally {
      holder.close()
    }
  })

  it('names the directory that another process holds', async () => {
    const { zookeeper } = await firstBroker()
    const path = await properties(
      'locked.properties',
      second(zookeeper, ['broker.id=1', `log.dirs=${join(directory, 'first/kafka')}`]),
    )
    expectOneLine(await run('start', path), /ZU1305.*first\/kafka/)
  })

  it('names the directory that cannot be made', async () => {
    const { zookeeper } = await firstBroker()
    await writeFile(join(directory, 'file'), '')
    const path = await properties(
      'unmakable.properties',
      second(zookeeper, [`log.dirs=${join(directory, 'file/logs')}`]),
    )
    expectOneLine(await run('start', path), /ZU1306.*file\/logs/)
  })

  it('refuses the directory of another cluster', async () => {
    const { zookeeper } = await firstBroker()
    const path = await properties('second.properties', second(zookeeper))
    const running = launch(['start', path])
    await running.said(STARTED)
    await running.stop()
    const meta = join(directory, 'second', 'meta.properties')
    await writeFile(
      meta,
      (await readFile(meta, 'utf8')).replace(/cluster\.id=.*/, 'cluster.id=AAAAAAAAAAAAAAAAAAAAAA'),
    )
    expectOneLine(await run('start', path), /ZU1304.*AAAAAAAAAAAAAAAAAAAAAA/)
  })

  it('refuses an id under which another broker is alive', async () => {
    const { zookeeper } = await firstBroker()
    const path = await properties(
      'same-id.properties',
      second(zookeeper, ['broker.id=1', 'zookeeper.session.timeout.ms=4000']),
    )
    expectOneLine(await run('start', path), /ZU1102.*1/)
  })

  it('produces, consumes and describes through pipes: nothing but data', async () => {
    const { kafka } = await firstBroker()
    const produced = await run('produce', '-b', kafka, 'demo', 'hello', '-o', 'json')
    expect(JSON.parse(produced.out)).to.include({ topic: 'demo', records: 1 })
    const consumed = await run('consume', '-b', kafka, 'demo', '-n', '1')
    expect(consumed).to.include({ out: 'hello\n', err: '', code: 0 })
    const topics = await run('topics', 'list', '-b', kafka, '-o', 'json')
    expect((JSON.parse(topics.out) as { name: string }[]).map(({ name }) => name)).to.deep.equal(['demo'])
    const health = await run('health', '-b', kafka, '-o', 'json')
    expect(health.code).to.equal(0)
    const old = await run('kafka-topics', '--bootstrap-server', kafka, '--list')
    expect(old).to.include({ out: 'demo\n', err: '' })
  })

  it('says in one line that nobody listens', async () => {
    const ended = await run('topics', 'list', '-b', '127.0.0.1:1')
    expectOneLine(ended, /ZU1601 no broker could be reached/)
    expect(ended.out).to.equal('')
  })
})
