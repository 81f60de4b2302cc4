import type { ClusterClient } from '../../../src/client/cluster-client.ts'
import { Consumer } from '../../../src/client/consumer.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { sleep } from '../../../src/platform/clock.ts'
import type { FakePlatform } from '../../fakes/platform.ts'
import type { Reading } from '../history.ts'
import { isExpectedFailure } from '../simulated-broker.ts'
import { clientOf } from './client-of.ts'
import type { PlannedOf, Run, Workload } from './workload.ts'

/** Reads everything through the client's own consumer, and begins again where it was when that has lost its patience. */
export class Consuming implements Workload {
  hasRecovered = false
  private readonly run: Run
  private readonly planned: PlannedOf<'consumer'>
  private readonly platform: FakePlatform
  private readonly client: ClusterClient
  private readonly readings: Reading[]
  private readonly positions: number[]
  /** Whether no power loss may take what was read. */
  private readonly isKept: boolean
  private consumer: Consumer | null = null
  private isHealed = false
  private isFinishing = false
  private isClosed = false
  private readonly ended: Promise<void>

  constructor(run: Run, planned: PlannedOf<'consumer'>) {
    this.run = run
    this.planned = planned
    this.platform = run.world.addClient(planned.name)
    this.client = clientOf(run.world, this.platform)
    const { name, topic, partitions } = planned
    this.isKept = run.plan.topics.find((each) => each.name === topic)?.promise === 'kept'
    this.readings = Array.from({ length: partitions }, (_, p) => run.history.reading(name, topic, p))
    this.positions = this.readings.map(() => 0)
    this.ended = this.read()
  }

  heal(): void {
    this.isHealed = true
  }

  /** Reads on to the ends of the logs, at which nobody writes any more. */
  async finish(): Promise<void> {
    this.isFinishing = true
    await this.ended
  }

  close(): void {
    this.isClosed = true
    this.consumer?.close()
    this.client.close()
  }

  describe(): string {
    return `${this.planned.name} is at ${this.positions.join(' ')} of ${this.planned.topic}`
  }

  private async read(): Promise<void> {
    while (!this.isClosed) {
      try {
        if (await this.readWithOne()) return
      } catch (error) {
        if (this.isClosed) return
        this.run.world.trace.note(this.planned.name, `begins again: ${String(error)}`)
        const isOutOfRange = error instanceof KafkaError && error.error === 'OFFSET_OUT_OF_RANGE'
        const mayForget = !this.isKept || this.run.cluster.power.voidPartitions > 0
        if (isOutOfRange && mayForget) this.beginAgain()
        else if (!isExpectedFailure(error) || isOutOfRange)
          this.run.world.violate('surprise', `${this.planned.name}, ${this.describe()}, was told`, error)
        await sleep(this.platform.clock, 200)
      }
    }
  }

  /** Records are gone of which nothing was promised. */
  private beginAgain(): void {
    const { name, topic } = this.planned
    for (const partition of this.positions.keys()) {
      this.positions[partition] = 0
      this.readings[partition] = this.run.history.reading(name, topic, partition)
    }
  }

  /** Returns whether everything is read that there will ever be. */
  private async readWithOne(): Promise<boolean> {
    const { topic } = this.planned
    const consumer = new Consumer({ client: this.client, maxWaitMs: 500, patienceMs: 10_000 })
    this.consumer = consumer
    await consumer.assign(
      this.positions.map((offset, partition) => ({ topic, partition, from: { kind: 'offset', offset } })),
    )
    while (!this.isClosed) {
      const isLast = this.isFinishing
      const polled = await consumer.poll(isLast ? 1500 : 500)
      if (this.isHealed && (polled.length > 0 || consumer.isCaughtUp)) this.hasRecovered = true
      for (const { partition, offset, value } of polled) {
        this.readings[partition]?.records.push({
          offset,
          value: (value?.toString() ?? '').trimEnd(),
          atMs: this.run.world.nowMs,
        })
        this.positions[partition] = offset + 1
      }
      if (isLast && polled.length === 0 && consumer.isCaughtUp) return true
    }
    return true
  }
}
