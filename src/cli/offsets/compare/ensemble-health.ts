import { parseConnectString } from '../../../../zk/connect-string.ts'
import { ANY_VERSION, ZooKeeperError, type ZooKeeper } from '../../../../zk/zookeeper.ts'
import { sleep } from '../../../platform/clock.ts'
import { fourLetterWord, NoAnswerError } from '../../../../zk/four-letter-word.ts'
import type { Shell } from '../../shell.ts'
import { Latencies } from './latencies.ts'

/** What the servers of an ensemble count, summed up over them. Null: no server tells (`mntr` is not allowed). */
export interface EnsembleCounters {
  readonly servers: number
  readonly packetsReceived: number
  readonly fsyncs: number | null
  readonly znodes: number
  readonly dataBytes: number
  readonly outstanding: number
}

const WORD_TIMEOUT_MS = 2000
const PROBE_EVERY_MS = 50

export async function readCounters(
  shell: Pick<Shell, 'clock' | 'network'>,
  connectString: string,
): Promise<EnsembleCounters | null> {
  const { servers } = parseConnectString(connectString)
  const answers = await Promise.all(
    servers.map(async ({ host, port }) => {
      try {
        return parseMntr(await fourLetterWord(shell, { host, port, timeoutMs: WORD_TIMEOUT_MS }, 'mntr'))
      } catch (error) {
        if (error instanceof NoAnswerError) return null
        throw error
      }
    }),
  )
  const told = answers.filter((answer) => answer !== null)
  if (told.length === 0) return null
  const sum = (key: string): number => told.reduce((total, answer) => total + (answer.get(key) ?? 0), 0)
  const max = (key: string): number => told.reduce((most, answer) => Math.max(most, answer.get(key) ?? 0), 0)
  return {
    servers: told.length,
    packetsReceived: sum('zk_packets_received'),
    fsyncs: told.some((answer) => answer.has('zk_cnt_fsynctime')) ? sum('zk_cnt_fsynctime') : null,
    znodes: max('zk_znode_count'),
    dataBytes: max('zk_approximate_data_size'),
    outstanding: max('zk_outstanding_requests'),
  }
}

/** Null for an answer without counters: a server that does not serve, or does not allow the word. */
export function parseMntr(text: string): ReadonlyMap<string, number> | null {
  const counters = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = /^(zk_\w+)\t(-?\d+(?:\.\d+)?)$/.exec(line.trim())
    if (match !== null) counters.set(match[1] ?? '', Number(match[2]))
  }
  return counters.size === 0 ? null : counters
}

/**
 * Somebody else who uses the ensemble: one small write after the other, as brokers and controllers do. What commits do
 * to them is the real harm.
 */
export class EnsembleProbe {
  private readonly shell: Pick<Shell, 'clock'>
  private readonly zooKeeper: Pick<ZooKeeper, 'create' | 'set'>
  private readonly path: string
  private latencies = new Latencies()
  private isStopped = false
  private running: Promise<void> | null = null

  constructor(shell: Pick<Shell, 'clock'>, zooKeeper: Pick<ZooKeeper, 'create' | 'set'>, path: string) {
    this.shell = shell
    this.zooKeeper = zooKeeper
    this.path = path
  }

  async start(): Promise<void> {
    await this.zooKeeper.create(this.path, null, { mode: 'ephemeral' })
    this.running = this.run()
  }

  /** What was measured since the last time. */
  take(): Latencies {
    const taken = this.latencies
    this.latencies = new Latencies()
    return taken
  }

  async stop(): Promise<void> {
    this.isStopped = true
    await this.running
  }

  private async run(): Promise<void> {
    const { clock } = this.shell
    while (!this.isStopped) {
      const startMs = clock.monotonicMs()
      try {
        await this.zooKeeper.set(this.path, Buffer.from('probe'), ANY_VERSION)
        this.latencies.add(clock.monotonicMs() - startMs)
      } catch (error) {
        // While servers change places nothing is measured; a session that ended has taken the znode with it.
        if (!(error instanceof ZooKeeperError)) throw error
        if (error.error === 'NO_NODE')
          await this.zooKeeper.create(this.path, null, { mode: 'ephemeral' }).catch(() => undefined)
      }
      await sleep(clock, PROBE_EVERY_MS)
    }
  }
}
