import type { ClusterClient } from '../../../src/client/cluster-client.ts'
import { Producer } from '../../../src/client/producer.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import type { Timer } from '../../../src/platform/clock.ts'
import type { FakePlatform } from '../../fakes/platform.ts'
import { isExpectedFailure } from '../simulated-broker.ts'
import { clientOf } from './client-of.ts'
import type { PlannedOf, Run, Workload } from './workload.ts'

/** Sends that may be under way; more wait. */
const MAX_PENDING = 200

/** Sends values that are never the same twice, each to a partition by chance, through the client's own producer. */
export class Producing implements Workload {
  hasRecovered = false
  private readonly run: Run
  private readonly planned: PlannedOf<'producer'>
  private readonly platform: FakePlatform
  private readonly client: ClusterClient
  private readonly producer: Producer
  /** Whether the broker must remember what it has acknowledged. */
  private readonly isKept: boolean
  private timer: Timer | null = null
  private next = 0
  private pending = 0
  private isHealed = false
  private isFinishing = false

  constructor(run: Run, planned: PlannedOf<'producer'>) {
    this.run = run
    this.planned = planned
    this.platform = run.world.addClient(planned.name)
    this.client = clientOf(run.world, this.platform)
    const { acks, compression, lingerMs, deliveryTimeoutMs } = planned
    const promise = run.plan.topics.find(({ name }) => name === planned.topic)?.promise
    this.isKept = promise === 'kept'
    // Its topic may be gone for good.
    this.hasRecovered = promise === 'nothing'
    this.producer = new Producer({
      client: this.client,
      random: this.platform.random,
      acks,
      compression,
      lingerMs,
      deliveryTimeoutMs,
      batchBytes: 2000,
      mayCreateTopics: false,
    })
    this.waitAndSend()
  }

  heal(): void {
    this.isHealed = true
  }

  async finish(): Promise<void> {
    this.isFinishing = true
    this.timer?.cancel()
    await this.producer.flush()
  }

  close(): void {
    this.timer?.cancel()
    this.producer.close()
    this.client.close()
  }

  describe(): string {
    return `${this.planned.name} has ${this.pending} sends to ${this.planned.topic} under way`
  }

  private waitAndSend(): void {
    const { clock, random } = this.platform
    this.timer = clock.after(this.planned.everyMs * 2 * random.fraction(), () => {
      if (this.isFinishing) return
      if (this.pending < MAX_PENDING) this.send()
      this.waitAndSend()
    })
  }

  private send(): void {
    const { name, topic, partitions, acks, maxValueBytes } = this.planned
    const { random } = this.platform
    const { history, world } = this.run
    const partition = random.below(partitions)
    const value = `${name}:${this.next++}`
    const isAfterHealing = this.isHealed
    const send = history.begin({ producer: name, topic, partition, value, acks, nowMs: world.nowMs })
    this.pending++
    const padding = ' '.repeat(random.below(Math.max(1, maxValueBytes)))
    this.producer
      .send({ topic, partition, value: value + padding })
      .then(
        ({ offset }) => {
          history.acknowledge(send, offset, world.nowMs)
          if (isAfterHealing) this.hasRecovered = true
        },
        (error: unknown) => {
          const code = error instanceof KafkaError ? error.error : String(error)
          history.fail(send, code, world.nowMs)
          world.trace.note(name, `${value} to ${topic}-${partition} failed: ${String(error)}`)
          const isPromised = this.isKept && !this.run.cluster.power.isVoid(topic, partition)
          if (!isExpectedFailure(error) || (isPromised && IMPOSSIBLE.has(code)))
            world.violate('surprise', `${name} was told of ${value} to ${topic}-${partition}`, error)
        },
      )
      .finally(() => this.pending--)
  }
}

/** What a producer with one batch under way per partition must never hear. */
const IMPOSSIBLE: ReadonlySet<string> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'UNKNOWN_PRODUCER_ID',
])
