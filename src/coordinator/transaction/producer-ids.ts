import { KafkaError } from '../../model/errors.ts'
import type { ProducerId } from '../../model/ids.ts'
import type { Clock } from '../../platform/clock.ts'
import { settledWithin, sleep } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'

/** Producer ids that nobody else gives out. */
export interface ProducerIdRange {
  readonly firstId: ProducerId
  readonly count: number
}

/** The part of a range after which the next one is fetched. */
const PREFETCH_AT = 0.9
const RETRY_MS = 50

/**
 * Gives producer ids out from blocks that the controller hands over, fetching the next one before the last is used up.
 * Source: RPCProducerIdManager; KIP-730. Unlike Kafka, which answers COORDINATOR_LOAD_IN_PROGRESS while it has none, a
 * request waits for the block: the client would only ask again.
 */
export class ProducerIds {
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly fetchBlock: () => Promise<ProducerIdRange>
  private readonly timeoutMs: number
  private current: ProducerIdRange = { firstId: 0 as ProducerId, count: 0 }
  private used = 0
  private next: ProducerIdRange | null = null
  private fetching: Promise<void> | null = null

  constructor(options: {
    clock: Clock
    logger: Logger
    /** Asks the controller for a block. May throw: it is asked again. */
    fetchBlock: () => Promise<ProducerIdRange>
    /** How long a request waits for an id. */
    timeoutMs: number
  }) {
    this.clock = options.clock
    this.logger = options.logger
    this.fetchBlock = options.fetchBlock
    this.timeoutMs = options.timeoutMs
  }

  /** An id that no producer of this cluster has had. Throws KafkaError COORDINATOR_LOAD_IN_PROGRESS. */
  async take(): Promise<ProducerId> {
    const deadline = this.clock.monotonicMs() + this.timeoutMs
    for (;;) {
      const id = this.takeNow()
      if (id !== null) return id
      if (this.clock.monotonicMs() >= deadline) {
        throw new KafkaError(
          'COORDINATOR_LOAD_IN_PROGRESS',
          'the controller has not given out producer ids yet',
        )
      }
      await settledWithin(this.clock, this.fetch(), Math.max(1, deadline - this.clock.monotonicMs()))
    }
  }

  private takeNow(): ProducerId | null {
    if (this.used === this.current.count) {
      if (this.next === null) return null
      this.current = this.next
      this.next = null
      this.used = 0
    }
    const id = (this.current.firstId + this.used++) as ProducerId
    if (this.next === null && this.used >= PREFETCH_AT * this.current.count) void this.fetch()
    return id
  }

  private fetch(): Promise<void> {
    this.fetching ??= this.fetchOnce().finally(() => (this.fetching = null))
    return this.fetching
  }

  private async fetchOnce(): Promise<void> {
    try {
      this.next ??= await this.fetchBlock()
    } catch (error) {
      this.logger.warn('the controller gave no producer ids; asking again', { error })
      await sleep(this.clock, RETRY_MS)
    }
  }
}
