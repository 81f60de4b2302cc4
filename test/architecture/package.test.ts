import { execFile, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'

const ROOT = join(import.meta.dirname, '../..')
const MAX_PACKED_BYTES = 6 * 1024 * 1024
/** What npm runs by itself at an install of ours. */
const INSTALL_SCRIPTS = [
  'preinstall',
  'install',
  'postinstall',
  'prepare',
  'prepublish',
  'preprepare',
  'postprepare',
]
const run = promisify(execFile)

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
interface Locked {
  readonly packages: Readonly<
    Record<string, { hasInstallScript?: boolean; dev?: boolean; resolved?: string }>
  >
}

function json<T>(path: string): T {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T
}

const manifest = json<Manifest>('package.json')
const lock = json<Locked>('package-lock.json')

describe('the package', () => {
  it('runs nothing when it is installed, and neither does anything that it needs', () => {
    expect(
      Object.keys(manifest.scripts ?? {}).filter((name) => INSTALL_SCRIPTS.includes(name)),
    ).to.deep.equal([])
    const withScripts = Object.entries(lock.packages).filter(
      ([, entry]) => entry.hasInstallScript && !entry.dev,
    )
    expect(withScripts.map(([path]) => path)).to.deep.equal([])
  })

  it('pins every package to one version', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies }
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).to.deep.equal([])
  })

  it('has a lock file that names no registry', () => {
    const resolved = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)
    expect(resolved.map(([path]) => path)).to.deep.equal([])
  })

  it('says of every package why it is needed', () => {
    const reasons = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')
    const rows = [...reasons.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)
    const all = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]
    expect([...rows].sort()).to.deep.equal([...all].sort())
  })
})

describe('the packed package', function () {
  this.timeout(120_000)
  let directory = ''
  let installed = ''
  let files: { path: string; size: number; mode: number }[] = []
  let packedBytes = 0

  before(async function () {
    if (!existsSync(join(ROOT, 'dist/zurau.mjs')) || !existsSync(join(ROOT, 'dist/testing.mjs'))) {
      console.warn('SKIPPED the packed package: dist is not built (make build)')
      this.skip()
    }
    directory = mkdtempSync(join(tmpdir(), 'zurau-package-'))
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', directory],
      {
        cwd: ROOT,
        env: { ...process.env, npm_config_cache: join(directory, 'npm-cache'), npm_config_offline: 'true' },
      },
    )
    const [packed] = Object.values(
      JSON.parse(stdout) as Record<string, { filename: string; size: number; files: typeof files }>,
    )
    files = packed?.files ?? []
    packedBytes = packed?.size ?? 0
    installed = join(directory, 'app/node_modules/zurau')
    mkdirSync(installed, { recursive: true })
    await run('tar', [
      '-xzf',
      join(directory, packed?.filename ?? ''),
      '-C',
      installed,
      '--strip-components=1',
    ])
    // What npm would fetch is taken from here: this test is about our package, and needs no network.
    for (const [path, entry] of Object.entries(lock.packages)) {
      const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? []
      if (name === undefined || entry.dev === true || !existsSync(join(ROOT, path))) continue
      const place = join(directory, 'app/node_modules', name)
      mkdirSync(join(place, '..'), { recursive: true })
      symlinkSync(join(ROOT, path), place)
    }
  })

  after(() => {
    if (directory !== '') rmSync(directory, { recursive: true, force: true })
  })

  it('holds the command, the module for tests, and nothing of the workshop', () => {
    const paths = files.map(({ path }) => path)
    expect(paths).to.include.members([
      ...['LICENSE', 'package.json', 'dist/zurau.mjs', 'dist/testing.mjs', 'dist/testing.d.ts'],
    ])
    const strangers = paths.filter(
      (path) => !/^(dist\/(zurau|testing)\.[a-zA-Z.]+|LICENSE|README\.md|package\.json)$/.test(path),
    )
    expect(strangers).to.deep.equal([])
    expect(
      statSync(join(installed, 'dist/zurau.mjs')).mode & 0o111,
      'zurau.mjs can be executed',
    ).to.not.equal(0)
  })

  it('is small', () => {
    expect(packedBytes).to.be.within(1, MAX_PACKED_BYTES)
  })

  it('imports no package that npm would not install with it', () => {
    const code = readFileSync(join(installed, 'dist/testing.mjs'), 'utf8')
    const known = new Set([...builtinModules, ...Object.keys(manifest.dependencies)])
    const imported = [...code.matchAll(/\b(?:from|import)\s*\(?"([@\w][\w@/:.-]*)"/g)].map(([, name = '']) =>
      name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : name.replace(/^node:/, '').split('/')[0],
    )
    expect(imported.length).to.be.above(3)
    expect([...new Set(imported)].filter((name) => !known.has(name ?? ''))).to.deep.equal([])
  })

  it('runs a broker in an empty folder, with nothing but itself', async () => {
    const empty = join(directory, 'empty')
    mkdirSync(empty)
    const child = spawn(process.execPath, [join(installed, 'dist/zurau.mjs'), 'dev', '--port', '0'], {
      cwd: empty,
      env: { PATH: process.env['PATH'], HOME: empty },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
    })
    let banner = ''
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      banner += chunk
      if (banner.includes('/readyz')) break
    }
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    expect(banner).to.match(/kafka +localhost:\d+ +ready in \d+ ms/)
    expect(await ended).to.equal(0)
  })

  it('starts Kafka for the tests of others', async () => {
    const app = join(directory, 'app')
    const program = `
      import { startKafka } from 'zurau/testing'
      const kafka = await startKafka({ brokers: 2, topics: ['orders', { name: 'payments', partitions: 3, replicationFactor: 2 }] })
      console.log(JSON.stringify({ brokers: kafka.brokers.length, before: await kafka.topics() }))
      await kafka.reset()
      console.log(JSON.stringify(await kafka.topics()))
      await kafka.stop()
    `
    writeFileSync(join(app, 'try.mjs'), program)
    const { stdout } = await run(process.execPath, ['try.mjs'], { cwd: app, timeout: 60_000 })
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).to.deep.equal([{ brokers: 2, before: ['orders', 'payments'] }, []])
  })

  it('declares the types of that module without any of ours beside them', async () => {
    const app = join(directory, 'app')
    cpSync(join(ROOT, 'node_modules/@types/node'), join(app, 'node_modules/@types/node'), {
      recursive: true,
      dereference: true,
    })
    symlinkSync(join(ROOT, 'node_modules/undici-types'), join(app, 'node_modules/undici-types'))
    writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module' }))
    writeFileSync(
      join(app, 'typed.ts'),
      `import { startKafka, type TestKafka } from 'zurau/testing'\nconst kafka: TestKafka = await startKafka({ brokers: 1 })\nconst servers: string = kafka.bootstrapServers\nconsole.log(servers)\n`,
    )
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--lib',
      'es2023,esnext.disposable',
    ]
    await run(process.execPath, [compiler, ...options, '--types', 'node', 'typed.ts'], { cwd: app })
  })
})
