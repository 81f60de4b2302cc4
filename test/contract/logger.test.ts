import { expect } from 'chai'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger, LogLevel } from '../../src/platform/logger.ts'
import type { NodeLogger, NodeLoggerOptions } from '../../src/platform/node/node-logger.ts'
import { createNodeLogger } from '../../src/platform/node/node-logger.ts'
import { FakeLogger } from '../fakes/logger.ts'

interface Line {
  readonly level: string
  readonly component: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

interface Subject {
  readonly logger: Logger
  readonly lines: () => Line[]
  readonly close: () => void
}

function fake(): Subject {
  const logger = new FakeLogger()
  return { logger, lines: () => logger.lines, close: () => undefined }
}

interface RealSubject extends Subject {
  readonly logger: NodeLogger
  readonly file: string
  readonly text: () => string
}

function real(options: NodeLoggerOptions = {}): RealSubject {
  const directory = mkdtempSync(path.join(tmpdir(), 'zurau-log-'))
  const file = path.join(directory, 'out')
  const fd = openSync(file, 'a')
  const logger = createNodeLogger({ level: 'debug', format: 'json', loadAfterMs: Infinity, ...options, fd })
  const text = (): string => {
    logger.flush()
    return readFileSync(file, 'utf8')
  }
  return {
    logger,
    file,
    text,
    lines: () =>
      text()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const { level, component, msg, time, ...details } = JSON.parse(line) as Record<string, string>
          expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
          return { level: level ?? '', component: component ?? '', message: msg ?? '', details }
        }),
    close: () => {
      closeSync(fd)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function realLoaded(): Promise<RealSubject> {
  const subject = real()
  await subject.logger.load()
  return subject
}

const subjects: Readonly<Record<string, () => Subject | Promise<Subject>>> = {
  fake: fake,
  'real logger, before pino is there, as a': real,
  real: realLoaded,
}

for (const [name, make] of Object.entries(subjects)) {
  describe(`the ${name} logger`, () => {
    let subject: Subject
    let logger: Logger

    beforeEach(async () => {
      subject = await make()
      logger = subject.logger
    })

    afterEach(() => subject.close())

    it('says each level by its name', () => {
      const levels: Exclude<LogLevel, 'trace'>[] = ['debug', 'info', 'warn', 'error', 'fatal']
      for (const level of levels) logger[level](`a line of ${level}`)
      const lines = subject.lines()
      expect(lines.map((line) => line.level)).to.deep.equal(levels)
      expect(lines.map((line) => line.message)).to.deep.equal(levels.map((level) => `a line of ${level}`))
    })

    it('carries details as data', () => {
      logger.info('started', { port: 9092, listeners: ['PLAINTEXT'], isController: false })
      logger.info('nothing more')
      const [first, second] = subject.lines()
      expect(first?.details).to.deep.equal({ port: 9092, listeners: ['PLAINTEXT'], isController: false })
      expect(second?.details).to.deep.equal({})
    })

    it('says which part of the broker speaks', () => {
      logger.info('outside')
      const log = logger.child('log')
      log.info('inside')
      log.child('cleaner').warn('deeper')
      expect(subject.lines().map((line) => line.component)).to.deep.equal(['', 'log', 'cleaner'])
    })

    it('throws nothing, whatever it is given', () => {
      const circular: Record<string, unknown> = {}
      circular['self'] = circular
      const hostile = {
        get value(): string {
          throw new Error('do not look')
        },
      }
      const words = {
        toJSON(): string {
          throw new Error('do not print')
        },
      }
      const given = [
        { circular },
        { hostile },
        { words },
        { big: 2n ** 70n },
        { no: undefined },
        { f: () => 1 },
        { error: 7 },
      ]
      for (const details of given) logger.warn('take this', details)
      logger.warn('and this', hostile)
      expect(subject.lines().map((line) => line.message)).to.deep.equal([
        ...given.map(() => 'take this'),
        'and this',
      ])
    })
  })
}

describe('the real logger', () => {
  let subject: RealSubject | null = null

  afterEach(() => {
    subject?.close()
    subject = null
  })

  /** The same lines before and after pino is there. */
  async function bothForms(say: (logger: Logger) => void): Promise<{ early: string; late: string }> {
    subject = real()
    const { logger, text } = subject
    say(logger)
    const early = text()
    await logger.load()
    say(logger)
    return { early, late: text().slice(early.length) }
  }

  it('prints the same before and after pino is there', async () => {
    const error = new TypeError('wrong type', {
      cause: Object.assign(new Error('disk full'), { code: 'ENOSPC' }),
    })
    const { early, late } = await bothForms((logger) => {
      logger.info('plain')
      logger
        .child('log')
        .warn('two\nlines, "quoted"', { topic: 'orders', offset: 2 ** 40, big: 5n, nested: { a: [1, null] } })
      logger.error('failed', { error, partition: 3 })
    })
    const withoutTime = (text: string): string => text.replace(/"time":"[^"]*"/g, '"time":""')
    expect(early).to.not.equal('')
    expect(withoutTime(late)).to.equal(withoutTime(early))
    expect(early.split('\n')).to.have.length(4)
  })

  it('prints errors with their stack, their code and their causes', () => {
    subject = real()
    const cause = Object.assign(new Error('disk full'), { code: 'ENOSPC' })
    subject.logger.error('failed', {
      error: Object.assign(new Error('cannot append', { cause }), { code: 'STORAGE' }),
    })
    const printed = subject.lines()[0]?.details['error'] as Record<string, string>
    expect(printed).to.include({ type: 'Error', message: 'cannot append', code: 'STORAGE' })
    expect(printed['stack']).to.match(/cannot append[^]*logger\.test\.ts[^]*caused by: Error: disk full/)
  })

  it('keeps quiet below its level, its children too', async () => {
    subject = real({ level: 'warn' })
    const { logger, lines } = subject
    const child = logger.child('log')
    for (const speaker of [logger, child]) {
      speaker.info('quiet')
      speaker.warn('said')
    }
    logger.setLevel('debug')
    child.debug('said')
    await logger.load()
    child.debug('said')
    logger.setLevel('silent')
    child.fatal('quiet')
    expect(lines().map((line) => line.message)).to.deep.equal(['said', 'said', 'said', 'said'])
  })

  it('has written its last words before fatal returns', async () => {
    subject = await realLoaded()
    const written = (): number => {
      const text = readFileSync(subject!.file, 'utf8')
      return text.split('\n').length - 1
    }
    for (let i = 0; i < 100; i++) subject.logger.info('on the way')
    subject.logger.fatal('the end')
    expect(written()).to.equal(101)
  })

  it('goes on when nobody takes its lines any more', async () => {
    for (const load of [false, true]) {
      const directory = mkdtempSync(path.join(tmpdir(), 'zurau-log-'))
      // A directory takes no lines.
      const fd = openSync(directory, 'r')
      const logger = createNodeLogger({ fd, loadAfterMs: Infinity })
      if (load) await logger.load()
      logger.info('to nobody')
      logger.fatal('to nobody')
      closeSync(fd)
      rmSync(directory, { recursive: true, force: true })
    }
  })

  it('prints for people when asked, in both forms alike', async () => {
    subject = real({ format: 'pretty', hasColours: false })
    const { logger, text } = subject
    const say = (): void => logger.child('log').warn('slow disk', { elapsedMs: 12 })
    say()
    await logger.load()
    say()
    expect(text()).to.match(/^(\d\d:\d\d:\d\d\.\d{3} WARN  \[log\] slow disk elapsedMs=12\n){2}$/)
  })

  /** A program that has a `logger` on its standard output. */
  function program(body: string): string[] {
    const source = fileURLToPath(new URL('../../src/platform/node/node-logger.ts', import.meta.url))
    const head = `import { createNodeLogger } from ${JSON.stringify(source)}
      const logger = createNodeLogger({ format: 'json' })`
    return ['--import', 'tsx', '--input-type=module', '-e', `${head}\n${body}`]
  }

  const cwd = fileURLToPath(new URL('../..', import.meta.url))

  it('writes what is buffered when the process ends', () => {
    const body = `logger.info('early')
      await logger.load()
      for (let i = 0; i < 1000; i++) logger.info('late')
      process.exit(3)`
    const { stdout, status } = spawnSync(process.execPath, program(body), { encoding: 'utf8', cwd })
    expect(status).to.equal(3)
    expect(stdout.split('\n')).to.have.length(1002)
  })

  it('does not stop the process when nobody reads its lines', async () => {
    // More than a pipe holds, and more than may wait.
    const body = `for (let i = 0; i < 12; i++) {
        for (let j = 0; j < 1000; j++) logger.info('x'.repeat(1000))
        await new Promise(setImmediate)
      }
      logger.fatal('the end')
      process.stderr.write('alive')`
    const child = spawn(process.execPath, program(body), { stdio: ['ignore', 'pipe', 'pipe'], cwd })
    const exited = once(child, 'exit')
    child.stdout.pause()
    let heard = ''
    await new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        heard += text
        if (heard.endsWith('alive')) resolve()
      })
      child.once('exit', resolve)
    })
    child.kill('SIGKILL')
    await exited
    expect(heard).to.match(/alive$/)
  })
})
