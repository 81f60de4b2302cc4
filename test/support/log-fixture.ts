import type { PartitionIndex } from '../../src/model/ids.ts'
import type { TopicPartition } from '../../src/model/topic-partition.ts'
import type { Log } from '../../src/log/log.ts'
import type { LeaderAppend } from '../../src/log/log-append.ts'
import type { LogConfig } from '../../src/log/log-config.ts'
import { LogManager, type LogManagerConfig } from '../../src/log/log-manager.ts'
import type { LogSlice, ReadRequest } from '../../src/log/log-slice.ts'
import { batchSizeOf, lastOffsetOf } from '../../src/records/record-batch.ts'
import { recordsOf, type KafkaRecord } from '../../src/records/record.ts'
import { FakeClock } from '../fakes/clock.ts'
import type { DiskImage } from '../fakes/disk-image.ts'
import { FakeDisk } from '../fakes/disk.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { FakeRandom } from '../fakes/random.ts'
import { Scheduler } from '../fakes/scheduler.ts'
import { SimulatedProcess } from '../fakes/simulated-process.ts'
import { logConfigDefaults, logManagerConfigDefaults } from './log-config.ts'

export const LOG_DIR = '/data/a'

export function topicPartition(topic = 'orders', partition = 0): TopicPartition {
  return { topic, partition: partition as PartitionIndex }
}

export interface LogWorldOptions {
  readonly directories?: readonly string[]
  readonly config?: Partial<LogConfig>
  readonly managerConfig?: Partial<LogManagerConfig>
  readonly seed?: string
  readonly image?: DiskImage
  readonly tailBytes?: number
  readonly maxOpenFiles?: number
  readonly latencyMs?: () => number
}

/** A log manager on simulated disk and time: one broker's logs, over several lives of the broker. */
export class LogWorld {
  readonly scheduler = new Scheduler()
  readonly process = new SimulatedProcess(this.scheduler, 'broker')
  readonly clock = new FakeClock({ scheduler: this.scheduler, process: this.process })
  readonly logger = new FakeLogger()
  readonly written: Log[] = []
  readonly offline: { path: string; logs: readonly Log[]; error: Error }[] = []
  config: LogConfig
  disk: FakeDisk
  manager: LogManager
  private readonly options: LogWorldOptions
  private readonly random: FakeRandom

  constructor(options: LogWorldOptions = {}) {
    this.options = options
    this.config = { ...logConfigDefaults, ...options.config }
    this.random = new FakeRandom(options.seed ?? 'log')
    const { image, latencyMs } = options
    this.disk = new FakeDisk({
      clock: this.clock,
      random: this.random.fork('disk'),
      ...(image === undefined ? {} : { image }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
    })
    this.manager = this.newManager()
  }

  private newManager(): LogManager {
    const { directories, managerConfig, tailBytes, maxOpenFiles } = this.options
    return new LogManager({
      disk: this.disk,
      clock: this.clock,
      random: this.random,
      logger: this.logger,
      directories: directories ?? [LOG_DIR],
      config: { ...logManagerConfigDefaults, ...managerConfig },
      configOf: () => this.config,
      onWritten: (log) => void this.written.push(log),
      onDirectoryOffline: (path, logs, error) => void this.offline.push({ path, logs, error }),
      ...(tailBytes === undefined ? {} : { tailBytes }),
      ...(maxOpenFiles === undefined ? {} : { maxOpenFiles }),
    })
  }

  /** Takes and loads the directories. */
  async start(): Promise<this> {
    this.manager.acquire()
    await this.run(this.manager.load())
    return this
  }

  /** A clean stop, and the next life. */
  async restart(): Promise<void> {
    await this.stop()
    this.manager = this.newManager()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.run(this.manager.close())
  }

  /** The process dies; what it had written is in the page cache. Then the next life. */
  async killAndStart(): Promise<void> {
    this.disk.kill()
    this.manager = this.newManager()
    await this.start()
  }

  /** A power cut: what was not synced may be gone or torn. Then the next life. */
  async crashAndStart(): Promise<void> {
    this.disk.crash()
    this.manager = this.newManager()
    await this.start()
  }

  log(topic = 'orders', partition = 0): Log {
    return this.manager.getOrCreate(topicPartition(topic, partition), { isNew: true, topicId: null })
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.until(promise)
  }

  /** Lets the turn end: what was appended is written. */
  settle(): Promise<void> {
    return this.clock.advance(0)
  }

  /** Appends as the leader and waits until it is written. */
  async append(log: Log, batch: Buffer, options: Partial<LeaderAppend> = {}): Promise<number> {
    const { firstOffset } = log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client', ...options })
    await this.settle()
    return firstOffset
  }

  async read(log: Log, offset: number, request: Partial<ReadRequest> = {}): Promise<LogSlice> {
    return this.run(
      Promise.resolve(
        log.read({
          offset,
          maxBytes: 1024 * 1024,
          upperBoundOffset: Infinity,
          atLeastOneBatch: true,
          ...request,
        }),
      ),
    )
  }

  /** Every record from `offset` on. */
  async readAll(log: Log, offset = log.logStartOffset): Promise<KafkaRecord[]> {
    const records: KafkaRecord[] = []
    let next = offset
    while (next < log.logEndOffset) {
      const slice = await this.read(log, next)
      if (slice.sizeBytes === 0) break
      records.push(...recordsIn(slice).filter((record) => record.offset >= offset))
      next = slice.nextOffset
    }
    return records
  }
}

/** The records of whole batches. */
export function recordsIn(slice: { readonly records: readonly Buffer[] }): KafkaRecord[] {
  const records: KafkaRecord[] = []
  for (const buffer of slice.records) {
    for (let at = 0; at < buffer.length; at += batchSizeOf(buffer, at)) records.push(...recordsOf(buffer, at))
  }
  return records
}

/** [base, last] of every batch in a slice. */
export function batchesIn(slice: { readonly records: readonly Buffer[] }): [number, number][] {
  const batches: [number, number][] = []
  for (const buffer of slice.records) {
    for (let at = 0; at < buffer.length; at += batchSizeOf(buffer, at)) {
      batches.push([Number(buffer.readBigInt64BE(at)), lastOffsetOf(buffer, at)])
    }
  }
  return batches
}
