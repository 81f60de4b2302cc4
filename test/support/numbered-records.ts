import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'

/** Whether there is a kcat; says so loudly when there is none. */
export function hasKcat(whoMisses: string): boolean {
  const isThere = spawnSync('kcat', ['-V']).status === 0
  if (!isThere) console.warn(`SKIPPED ${whoMisses}: there is no kcat (Debian, Homebrew: kcat)`)
  return isThere
}

export interface NumberingOptions {
  readonly bootstrap: string
  readonly topic: string
  readonly partitions: number
  /** Numbers written every 10 ms. */
  readonly perTick?: number
}

/** Whose numbers a reader looks at: a topic may have those of several producers, one after the other. */
export interface ReadingOptions extends NumberingOptions {
  readonly run: string
}

const TICK_MS = 10
const EXIT_DEADLINE_MS = 60_000

/** What a reader saw that a producer did not mean. */
export interface Verdict {
  readonly written: number
  readonly read: number
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  /** Offsets of a partition that are missing between two that were read. */
  readonly gaps: number
  /** The longest time in which nothing arrived at the reader, all partitions together. */
  readonly longestSilenceMs: number
}

/**
 * Writes numbers, each to the partition that is its remainder, with librdkafka: idempotent, acks=all, tried until it
 * works. Whoever reads one partition must see its numbers in order, none twice, none missing.
 */
export class NumberProducer {
  /** Marks this producer's records. */
  readonly run = randomUUID()
  private readonly child: ChildProcess
  private readonly exited: Promise<number | null>
  private readonly timer: NodeJS.Timeout
  private next = 0
  /** What it has said, for the report of a failure. */
  words = ''

  constructor(options: NumberingOptions) {
    const { bootstrap, topic, partitions, perTick = 5 } = options
    const settings = [
      ...[
        'enable.idempotence=true',
        'acks=all',
        'linger.ms=2',
        'message.timeout.ms=120000',
        'partitioner=consistent',
      ],
      ...['reconnect.backoff.max.ms=500', 'retry.backoff.ms=50', 'topic.metadata.refresh.interval.ms=1000'],
    ]
    const args = [
      '-P',
      // All brokers away for a moment is what some tests are about: without this kcat would end.
      '-E',
      '-b',
      bootstrap,
      '-t',
      topic,
      '-K',
      ':',
      ...settings.flatMap((setting) => ['-X', setting]),
    ]
    this.child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'pipe'] })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.words += text))
    this.exited = new Promise((resolve) => this.child.once('exit', resolve))
    this.timer = setInterval(() => {
      // What it cannot send yet it does not take: the pipe fills, and nothing more is numbered.
      if (this.child.stdin?.writableNeedDrain) return
      let lines = ''
      for (let i = 0; i < perTick; i++, this.next++)
        lines += `${this.next % partitions}:${this.run} ${this.next}\n`
      this.child.stdin?.write(lines)
    }, TICK_MS)
  }

  get count(): number {
    return this.next
  }

  /** Ends the input, and waits until everything is acknowledged. Throws when something was not. */
  async finish(): Promise<number> {
    clearInterval(this.timer)
    this.child.stdin?.end()
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), EXIT_DEADLINE_MS)
    const code = await this.exited
    clearTimeout(impatience)
    if (code !== 0 || /Delivery failed/.test(this.words)) {
      throw new Error(`the producer ended with ${code}: ${this.words.slice(-1500)}`)
    }
    return this.next
  }

  kill(): void {
    clearInterval(this.timer)
    this.child.kill('SIGKILL')
  }
}

/** Reads all partitions of a topic with librdkafka, from the beginning, and goes on reading. */
export class NumberReader {
  private readonly child: ChildProcess
  private readonly run: string
  private readonly seen = new Map<number, number>()
  private readonly lastOffset = new Map<number, number>()
  private readonly lastNumber = new Map<number, number>()
  /** What it has said, for the report of a failure. */
  words = ''
  private rest = ''
  private reordered = 0
  private gaps = 0
  private lastArrivalMs = -1
  private silenceMs = 0

  constructor(options: ReadingOptions) {
    this.run = options.run
    const args = ['-C', '-E', '-b', options.bootstrap, '-t', options.topic, '-o', 'beginning', '-u', '-q']
    const settings = ['reconnect.backoff.max.ms=500', 'topic.metadata.refresh.interval.ms=1000']
    this.child = spawn(
      'kcat',
      [...args, '-f', '%p %o %s\\n', ...settings.flatMap((setting) => ['-X', setting])],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.words += text))
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.take(text))
  }

  get count(): number {
    return this.seen.size
  }

  /** Forgets how long it was quiet so far: what comes next is another fault's. Returns what it was. */
  takeSilence(): number {
    const silence = Math.round(this.silenceMs)
    this.silenceMs = 0
    return silence
  }

  verdict(written: number): Verdict {
    let lost = 0
    let duplicated = 0
    for (let number = 0; number < written; number++) if (!this.seen.has(number)) lost++
    for (const times of this.seen.values()) duplicated += times - 1
    const { reordered, gaps, seen } = this
    return {
      written,
      read: seen.size,
      lost,
      duplicated,
      reordered,
      gaps,
      longestSilenceMs: Math.round(this.silenceMs),
    }
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  private take(text: string): void {
    const nowMs = performance.now()
    if (this.lastArrivalMs >= 0) this.silenceMs = Math.max(this.silenceMs, nowMs - this.lastArrivalMs)
    this.lastArrivalMs = nowMs
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop() ?? ''
    for (const line of lines) this.takeRecord(line)
  }

  private takeRecord(line: string): void {
    const [partition, offset, run, number] = parsed(line)
    if (offset !== (this.lastOffset.get(partition) ?? -1) + 1) this.gaps++
    this.lastOffset.set(partition, offset)
    if (run !== this.run) return
    this.seen.set(number, (this.seen.get(number) ?? 0) + 1)
    if (number <= (this.lastNumber.get(partition) ?? -1)) this.reordered++
    this.lastNumber.set(partition, number)
  }
}

function parsed(line: string): [partition: number, offset: number, run: string, number: number] {
  const [partition, offset, run, number] = line.split(' ')
  return [Number(partition), Number(offset), run ?? '', Number(number)]
}
