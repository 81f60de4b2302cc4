import type { BrokerSenders } from './broker-senders.ts'
import type { Effect, RequestBatch } from './request-batch.ts'
import type { Slices } from './slices.ts'

/** Has the brokers told what changes of state ask of them: the effects of one change go out together. */
export class Orders {
  private readonly batch: RequestBatch
  private readonly senders: Pick<BrokerSenders, 'send'>
  private readonly slices: Slices

  constructor(options: { batch: RequestBatch; senders: Pick<BrokerSenders, 'send'>; slices: Slices }) {
    this.batch = options.batch
    this.senders = options.senders
    this.slices = options.slices
  }

  /** Queues the requests; their answers come as events. */
  async issue(effects: Iterable<Effect>): Promise<void> {
    await this.slices.each(effects, (effect) => this.batch.add(effect))
    this.senders.send(await this.batch.take(this.slices))
  }
}
