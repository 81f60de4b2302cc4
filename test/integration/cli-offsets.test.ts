import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import kafkajs, { type Admin, type Consumer, type Producer } from 'kafkajs'
import type { CompareResult } from '../../src/cli/offsets/compare/result.ts'
import { judge } from '../../src/cli/offsets/compare/verdict.ts'
import { zurauCommand } from '../support/broker-command.ts'
import { GuardedProcess } from '../support/guarded-process.ts'
import { until } from '../support/until.ts'

const TOPIC = 'orders'
const PARTITIONS = [0, 1, 2]
const RECORDS = 40
/** Record n of a partition was made at EPOCH_MS + n seconds. */
const EPOCH_MS = Date.UTC(2024, 4, 1, 10)

interface Ended {
  readonly code: number | string | null
  readonly out: string
  readonly err: string
}

/** What committed offsets are done with from the command line, by processes, against a broker that is another one. */
describe('zurau offsets, as a process against a broker', function () {
  this.timeout(120_000)
  let directory: string
  let broker: GuardedProcess
  let bootstrap = ''
  let zooKeeper = ''
  let kafka: kafkajs.Kafka
  let admin: Admin
  let producer: Producer

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'zurau-offsets-'))
    const { program, args } = command()
    const data = join(directory, 'data')
    broker = new GuardedProcess(program, [...args, 'dev', '--port', '0', '--memory', '--data', data], {
      logFile: join(directory, 'broker.log'),
    })
    const said = (pattern: RegExp): string => pattern.exec(broker.log)?.[1] ?? ''
    await until(() => said(/zookeeper (\S+)/) !== '' || !broker.isAlive, 'the broker says where it is')
    bootstrap = said(/kafka +(\S+)/)
    zooKeeper = said(/zookeeper (\S+)/)
    kafka = new kafkajs.Kafka({
      brokers: [bootstrap],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 30, maxRetryTime: 1000 },
    })
    admin = kafka.admin()
    producer = kafka.producer()
    await Promise.all([admin.connect(), producer.connect()])
    const configEntries = [{ name: 'retention.ms', value: '-1' }]
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS.length, configEntries }] })
    for (const partition of PARTITIONS) {
      const messages = Array.from({ length: RECORDS }, (_, n) => ({
        partition,
        value: String(n),
        timestamp: String(EPOCH_MS + n * 1000),
      }))
      await producer.send({ topic: TOPIC, messages })
    }
  })

  after(async () => {
    await Promise.all([admin?.disconnect(), producer?.disconnect()])
    await broker?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.log(broker.log.slice(-2000))
  })

  function command(): { program: string; args: string[] } {
    const { program, args } = zurauCommand()
    return { program, args: args.slice(0, -1) }
  }

  const places = (): string[] => ['-b', bootstrap, '--zookeeper', zooKeeper]

  /** `zurau offsets ...`, to its end. */
  function offsets(...words: readonly string[]): Promise<Ended> {
    const { program, args } = command()
    const where = words[0] === 'store' ? ['-b', bootstrap] : places()
    const environment = { PATH: process.env['PATH'], HOME: directory, NO_COLOR: '1' }
    return new Promise((resolve) => {
      execFile(
        program,
        [...args, 'offsets', ...words, ...where],
        { env: environment, cwd: process.cwd(), timeout: 90_000, maxBuffer: 1 << 24 },
        (error, out, err) => resolve({ code: error === null ? 0 : (error.code ?? null), out, err }),
      )
    })
  }

  async function succeeds(...words: readonly string[]): Promise<Ended> {
    const ended = await offsets(...words)
    expect(ended.code, `${words.join(' ')}\n${ended.out}${ended.err}`).to.equal(0)
    return ended
  }

  function file(name: string, lines: readonly string[]): string {
    const path = join(directory, name)
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
    return path
  }

  type Store = 'zookeeper' | 'kafka'

  const zkLines = (group: string, values: readonly number[]): string[] =>
    values.map((value, partition) => `/consumers/${group}/offsets/${TOPIC}/${partition}:${value}`)

  async function seed(store: Store, group: string, values: readonly number[]): Promise<void> {
    const path = file(`seed-${store}-${group}.txt`, zkLines(group, values))
    await succeeds('import', path, '--store', store, '--execute', '--allow-rewind')
  }

  /** As the store has them, by partition. */
  async function stored(store: Store, group: string): Promise<number[]> {
    const { out } = await succeeds('export', '-g', group, '--store', store, '--format', 'rpk')
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Number(line.split(' ')[2]))
  }

  /** As a client is told. */
  async function told(group: string): Promise<number[]> {
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [TOPIC] })
    return (found?.partitions ?? [])
      .sort((one, other) => one.partition - other.partition)
      .map(({ offset }) => Number(offset))
  }

  it('diff shows both stores side by side, and --check ends with 1', async () => {
    await seed('zookeeper', 'differing', [5, 6, 7])
    await seed('kafka', 'differing', [5, 16])
    const { out } = await succeeds('diff', '-g', 'differing', '--all', '-o', 'json')
    const base = { group: 'differing', topic: TOPIC }
    expect(JSON.parse(out)).to.deep.equal([
      { ...base, partition: 0, zookeeper: 5, kafka: 5, drift: 0 },
      { ...base, partition: 1, zookeeper: 6, kafka: 16, drift: 10 },
      { ...base, partition: 2, zookeeper: 7, kafka: null, drift: null },
    ])
    expect((await offsets('diff', '-g', 'differing', '--check')).code).to.equal(1)
    await seed('kafka', 'differing', [5, 6, 7])
    expect((await offsets('diff', '-g', 'differing', '--check')).code).to.equal(0)
  })

  for (const [format, lines] of [
    ['csv', PARTITIONS.map((partition) => `kept-csv,${TOPIC},${partition},${10 + partition}`)],
    ['rpk', PARTITIONS.map((partition) => `${TOPIC} ${partition} ${10 + partition}`)],
    ['zk', zkLines('kept-zk', [10, 11, 12])],
  ] as const) {
    it(`what export writes as ${format} can be imported into the other store`, async () => {
      const group = `kept-${format}`
      await seed('zookeeper', group, [10, 11, 12])
      const path = join(directory, `exported.${format}`)
      const choice = ['-g', group, '--format', format]
      await succeeds('export', '--store', 'zookeeper', ...choice, '-f', path)
      expect(readFileSync(path, 'utf8').trimEnd().split('\n')).to.deep.equal(lines)

      const shown = await succeeds('import', path, '-g', group)
      expect(shown.err).to.contain('Nothing was changed')
      expect(await told(group)).to.deep.equal([-1, -1, -1])
      await succeeds('import', path, '-g', group, '--execute')
      expect(await told(group)).to.deep.equal([10, 11, 12])
      const { out } = await succeeds('export', '--store', 'kafka', ...choice)
      expect(out).to.equal(readFileSync(path, 'utf8'))
    })
  }

  it('import names the line that it does not understand, and changes nothing', async () => {
    const path = file('bad.csv', [`bad,${TOPIC},0,1`, `bad,${TOPIC},one,1`])
    const ended = await offsets('import', path, '--execute')
    expect(ended.code).to.equal(2)
    expect(ended.err).to.contain('line 2')
    expect(await told('bad')).to.deep.equal([-1, -1, -1])
  })

  describe('seek', () => {
    const group = 'seeking'
    beforeEach(() => seed('kafka', group, [20, 21, 22]))

    async function seek(...words: readonly string[]): Promise<number[]> {
      const { err } = await succeeds('seek', group, ...words, '--execute')
      expect(err).to.contain('read back')
      return told(group)
    }

    it('shows before and after, and does nothing without --execute', async () => {
      const { out, err } = await succeeds('seek', group, '--to', 'earliest', '-o', 'json')
      const rows = JSON.parse(out) as { before: number; after: number; action: string }[]
      expect(rows.map(({ before, after, action }) => [before, after, action])).to.deep.equal(
        [20, 21, 22].map((before) => [before, 0, 'lower']),
      )
      expect(err).to.contain('Nothing was changed')
      expect(await told(group)).to.deep.equal([20, 21, 22])
    })

    it('to the earliest, to the latest, to a number', async () => {
      expect(await seek('--to', 'earliest')).to.deep.equal([0, 0, 0])
      expect(await seek('--to', 'latest', '-t', `${TOPIC}:1`)).to.deep.equal([0, RECORDS, 0])
      expect(await seek('--to', '7')).to.deep.equal([7, 7, 7])
      expect(await seek('--to', '4000'), 'no further than the end').to.deep.equal([40, 40, 40])
    })

    it('by a difference, not before the beginning', async () => {
      expect(await seek('--to', '-10')).to.deep.equal([10, 11, 12])
      expect(await seek('--to', '+5', '-t', `${TOPIC}:0,2`)).to.deep.equal([15, 11, 17])
      expect(await seek('--to', '-16')).to.deep.equal([0, 0, 1])
    })

    it('to a time', async () => {
      expect(await seek('--to', `@${EPOCH_MS + 14_500}`)).to.deep.equal([15, 15, 15])
      const late = await seek('--to', `@${EPOCH_MS + 3_600_000}`)
      expect(late, 'no record is that young').to.deep.equal([40, 40, 40])
    })

    it('to where another group is, and to what a file says', async () => {
      await seed('kafka', 'leading', [30, 31, 32])
      expect(await seek('--to', 'group:leading')).to.deep.equal([30, 31, 32])
      const path = file('seek.csv', [`${TOPIC},0,3`, `${TOPIC},2,4`])
      expect(await seek('--to', `file:${path}`)).to.deep.equal([3, 31, 4])
    })

    it('in ZooKeeper as well', async () => {
      await seed('zookeeper', group, [1, 2, 3])
      await succeeds('seek', group, '--store', 'zookeeper', '--to', '+2', '--execute')
      expect(await stored('zookeeper', group)).to.deep.equal([3, 4, 5])
      expect(await told(group), 'the other store is left alone').to.deep.equal([20, 21, 22])
    })

    it('is what kafka-consumer-groups --reset-offsets does', async () => {
      const { program, args } = command()
      const words = ['kafka-consumer-groups', '--bootstrap-server', bootstrap, '--reset-offsets']
      const options = ['--group', group, '--topic', `${TOPIC}:1`, '--shift-by', '-11', '--execute']
      const ended = await new Promise<Ended>((resolve) => {
        execFile(program, [...args, ...words, ...options], (error, out, err) =>
          resolve({ code: error === null ? 0 : (error.code ?? null), out, err }),
        )
      })
      expect(ended.code, ended.err).to.equal(0)
      expect(ended.out).to.match(/seeking +orders +1 +21 +10\b/)
      expect(await told(group)).to.deep.equal([20, 10, 22])
    })
  })

  it('migrates forth and back, lowers nothing, and puts back what there was', async () => {
    const group = 'moved'
    await seed('zookeeper', group, [10, 20, 30])
    await seed('kafka', group, [15])
    const forth = ['migrate', '--from', 'zookeeper', '--to', 'kafka', '-g', group]
    const undo = join(directory, 'undo.json')
    expect((await offsets(...forth, '--verify')).code).to.equal(1)
    await succeeds(...forth, '--plan')
    expect(await told(group)).to.deep.equal([15, -1, -1])

    await succeeds(...forth, '--apply', '--undo', undo)
    expect(await told(group), '15 is ahead of 10').to.deep.equal([15, 20, 30])
    await succeeds(...forth, '--verify')
    const again = await succeeds(...forth, '--apply')
    expect(again.err).to.contain('0 offsets were written')

    const back = ['migrate', '--from', 'kafka', '--to', 'zookeeper', '-g', group]
    await succeeds(...back, '--apply')
    expect(await stored('zookeeper', group)).to.deep.equal([15, 20, 30])
    await succeeds(...back, '--verify')

    await succeeds('migrate', '--rollback', undo)
    expect(await told(group)).to.deep.equal([15, -1, -1])
  })

  it('goes on where a migration was killed', async () => {
    const groups = Array.from({ length: 400 }, (_, n) => `many-${n}`)
    const path = file(
      'many.txt',
      groups.flatMap((group, n) => zkLines(group, [n % RECORDS])),
    )
    await succeeds('import', path, '--store', 'zookeeper', '--execute')
    const named = groups.flatMap((group) => ['-g', group])
    const words = ['migrate', '--from', 'zookeeper', '--to', 'kafka', ...named]
    const arrived = async (): Promise<number> =>
      (await admin.listGroups()).groups.filter(({ groupId }) => groupId.startsWith('many-')).length

    const { program, args } = command()
    const child = spawn(program, [...args, 'offsets', ...words, '--apply', ...places()], { stdio: 'ignore' })
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
    await until(async () => (await arrived()) > 0, 'the first group has moved')
    child.kill('SIGKILL')
    await closed
    expect(await arrived()).to.be.within(1, groups.length - 1)
    expect((await offsets(...words, '--verify')).code).to.equal(1)

    await succeeds(...words, '--apply')
    await succeeds(...words, '--verify')
    expect(await arrived()).to.equal(groups.length)
  })

  it('store shows and chooses where a group keeps its offsets', async () => {
    const shown = async (group: string): Promise<unknown> =>
      JSON.parse((await succeeds('store', group, '-o', 'json')).out)
    expect(await shown('stored')).to.deep.equal([{ group: 'stored', storage: 'kafka' }])
    await succeeds('store', 'stored', 'dual')
    expect(await shown('stored')).to.deep.equal([{ group: 'stored', storage: 'dual' }])
    await seed('kafka', 'stored', [1, 2, 3])
    await until(
      async () => (await stored('zookeeper', 'stored')).join() === '1,2,3',
      'a dual commit is in ZooKeeper',
    )
    await succeeds('store', 'stored', 'default')
    expect(await shown('stored')).to.deep.equal([{ group: 'stored', storage: 'kafka' }])
    expect((await offsets('store', 'stored', 'both')).code).to.equal(2)
  })

  /** A member under load while its offsets move: what it commits is watched all the time. */
  describe('a live migration', () => {
    const group = 'alive'
    let consumer: Consumer
    let isOver = false
    let loops: Promise<void>[] = []
    /** Committed offsets that were smaller than before. */
    let lowered: string[] = []
    const seen = new Map<number, number>()
    const gaps: string[] = []

    async function startMember(): Promise<void> {
      consumer = kafka.consumer({ groupId: group, sessionTimeout: 10_000, heartbeatInterval: 500 })
      await consumer.connect()
      await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
      await consumer.run({
        autoCommitInterval: 100,
        eachMessage: ({ partition, message }) => {
          const offset = Number(message.offset)
          const expected = seen.get(partition) ?? 0
          // Records after the last commit are read again by the next member; none may be left out.
          if (offset > expected) gaps.push(`${partition}: ${offset} after ${expected}`)
          seen.set(partition, Math.max(expected, offset + 1))
          return Promise.resolve()
        },
      })
    }

    async function load(): Promise<void> {
      for (let n = 0; !isOver; n++) {
        const messages = PARTITIONS.map((partition) => ({ partition, value: `live ${n}` }))
        await producer.send({ topic: TOPIC, messages })
      }
    }

    async function watch(): Promise<void> {
      let before = [-1, -1, -1]
      while (!isOver) {
        const now = await told(group)
        now.forEach((offset, partition) => {
          const was = before[partition] ?? -1
          if (offset < was) lowered.push(`${partition}: ${was} → ${offset}`)
        })
        before = now
      }
    }

    before(() => succeeds('store', group, 'zookeeper'))

    beforeEach(async () => {
      isOver = false
      lowered = []
      await startMember()
      loops = [load(), watch()]
    })

    afterEach(async () => {
      isOver = true
      await Promise.all(loops)
      await consumer.disconnect()
    })

    const goesOn = async (): Promise<void> => {
      const before = await told(group)
      await until(
        async () => (await told(group)).every((offset, partition) => offset > (before[partition] ?? -1)),
        'the member commits more in every partition',
      )
    }

    for (const [from, to] of [
      ['zookeeper', 'kafka'],
      ['kafka', 'zookeeper'],
    ] as const) {
      it(`from ${from} to ${to}: no offset is lost, none is lowered`, async () => {
        await goesOn()
        const start = await told(group)
        const { err } = await succeeds('migrate', '--from', from, '--to', to, '-g', group, '--live')
        expect(err).to.contain(`${group}: storage dual`).and.to.contain(`${group}: storage ${to}`)
        const carried = await stored(to, group)
        carried.forEach((offset, partition) => expect(offset).to.be.at.least(start[partition] ?? 0))
        await goesOn()
        const old = await stored(from, group)
        await goesOn()
        expect(await stored(from, group), 'nothing more is written there').to.deep.equal(old)

        // Another member begins where this one ended.
        await consumer.disconnect()
        const left = await told(group)
        await startMember()
        await goesOn()
        expect(lowered).to.deep.equal([])
        expect(gaps).to.deep.equal([])
        expect((await told(group)).every((offset, partition) => offset >= (left[partition] ?? 0))).to.equal(
          true,
        )
      })
    }

    it('is refused without --live while there are members, and says how', async () => {
      await goesOn()
      await succeeds('migrate', '--from', 'zookeeper', '--to', 'kafka', '-g', group, '--live')
      const path = file('held.txt', zkLines(group, [1, 1, 1]))
      const ended = await offsets('import', path, '--execute', '--allow-rewind')
      expect(ended.code).to.equal(1)
      expect(ended.err).to.contain('has members').and.to.contain('zurau offsets store')
    })
  })

  it('compare measures both stores, and its verdict follows from its figures', async () => {
    const prefix = join(directory, 'compared')
    const words = ['--groups', '4', '--partitions', '8', '--every', '100ms']
    const { out } = await succeeds(
      ...['compare', ...words, '--duration', '1s', '--repeats', '1', '--report', prefix, '-o', 'json'],
    )
    const said = JSON.parse(out) as CompareResult & { verdict: string; sentence: string; reasons: string[] }
    const kept = JSON.parse(readFileSync(`${prefix}.json`, 'utf8')) as CompareResult
    const { advice, sentence, reasons, utilisation } = judge(kept)
    expect([said.verdict, said.sentence, said.reasons]).to.deep.equal([advice, sentence, reasons])
    expect(kept.contenders.map(({ contender }) => contender)).to.deep.equal([
      'zookeeper-faithful',
      'zookeeper',
      'kafka',
    ])
    for (const { contender, saturation, p99, cdf, zombie } of kept.contenders) {
      expect(utilisation.get(contender)).to.be.closeTo(40 / saturation.median, 1e-9)
      expect(p99.median, contender).to.be.above(0)
      expect(cdf.length, contender).to.be.above(5)
      expect(zombie?.isAccepted, contender).to.equal(contender !== 'kafka')
    }
    const markdown = readFileSync(`${prefix}.md`, 'utf8')
    const html = readFileSync(`${prefix}.html`, 'utf8')
    expect(markdown).to.contain(sentence)
    expect(html)
      .to.contain(sentence)
      .and.to.contain('<svg')
      .and.not.to.match(/(src|href)="http/)
    expect((await succeeds('diff')).out, 'it leaves nothing behind').not.to.contain('zurau-offsets-compare')
    expect(await admin.listTopics()).to.satisfy((names: string[]) =>
      names.every((name) => !name.startsWith('zurau-offsets-compare')),
    )
  })
})
