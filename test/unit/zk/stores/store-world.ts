import { FakeClock } from '../../../fakes/clock.ts'
import { FakeLogger } from '../../../fakes/logger.ts'
import { FakeRandom } from '../../../fakes/random.ts'
import { FakeZooKeeperService } from '../../../fakes/zookeeper.ts'
import type { FakeZooKeeper } from '../../../fakes/zookeeper-client.ts'
import { Journal } from './journal.ts'

export const SESSION_TIMEOUT_MS = 18_000

/** One ZooKeeper in memory, and clients of it that keep a journal. Time moves only inside `run` and `pass`. */
export class StoreWorld {
  readonly clock: FakeClock
  readonly service: FakeZooKeeperService
  readonly logger = new FakeLogger()
  private readonly random = new FakeRandom('stores')

  constructor(wallMs = 1_700_000_000_000) {
    this.clock = new FakeClock({ wallMs })
    this.service = new FakeZooKeeperService({ clock: this.clock })
  }

  connect(): StoreClient {
    const { clock, random, logger } = this
    const zooKeeper = this.service.connect({ clock, random, logger, sessionTimeoutMs: SESSION_TIMEOUT_MS })
    return { fake: zooKeeper, zooKeeper: new Journal(zooKeeper), clock, logger }
  }

  /** Lets simulated time run until `work` is done. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.clock.until(work())
  }

  /** As `run`, for work that must fail: its error. */
  async failure(work: () => Promise<unknown>): Promise<unknown> {
    try {
      await this.clock.until(work())
    } catch (error) {
      return error
    }
    throw new Error('it did not fail')
  }

  pass(ms: number): Promise<void> {
    return this.clock.advance(ms)
  }

  /** The text of a znode, as the service has it. */
  text(path: string): string | null | undefined {
    const node = this.service.tree.get(path)
    return node === undefined ? undefined : (node.data?.toString() ?? null)
  }
}

/** What a store is made of, and the client behind it for faults. */
export interface StoreClient {
  readonly fake: FakeZooKeeper
  readonly zooKeeper: Journal
  readonly clock: FakeClock
  readonly logger: FakeLogger
}
