import type { Endpoint } from '../model/endpoint.ts'
import { KafkaError } from '../model/errors.ts'
import type { BrokerId } from '../model/ids.ts'
import { sleep, type Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { RequestInput, ResponseRead } from '../protocol/apis.ts'
import type { RegisteredBroker } from '../../zk/stores/broker-registry.ts'
import { CONTROL_VERSIONS, type BrokerRequest, type ControlApi } from './request-batch.ts'

/** The part of BrokerChannel that is needed here. */
export interface ControlChannel {
  call<Api extends ControlApi>(
    api: Api,
    version: number,
    request: RequestInput<Api>,
  ): Promise<ResponseRead<Api>>
  close(): void
}

/** Opens a channel to a broker's endpoint; connects when it is first used, and again after it broke. */
export type OpenChannel = (endpoint: Endpoint, broker: BrokerId) => ControlChannel

/** A request together with its answer. */
export type Answered = { readonly broker: BrokerId } & {
  readonly [Api in ControlApi]: {
    readonly api: Api
    readonly request: RequestInput<Api>
    readonly response: ResponseRead<Api>
  }
}[ControlApi]

export interface BrokerSendersOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly open: OpenChannel
  /** Where brokers listen for the controller: `control.plane.listener.name`, or the inter-broker listener. */
  readonly listenerName: string
  readonly onAnswer: (answered: Answered) => void
  /** A broker's queue had run full and was dropped; now it answers again, and needs to be told everything. */
  readonly onResync: (broker: BrokerId) => void
  /** Told how long a request waited for its turn, and how long the broker took, in milliseconds. */
  readonly onSent?: (broker: BrokerId, waitedMs: number, tookMs: number) => void
  /** Overrides the limits below. */
  readonly maxQueuedRequests?: number
}

const RETRY_BACKOFF_MS = 100

/**
 * What may wait for one broker. A broker that answers so slowly, or not at all without losing its session, gets its
 * queue dropped and is told everything anew when it answers again: one big request in place of many old ones.
 */
const MAX_QUEUED_REQUESTS = 10_000
const MAX_QUEUED_PARTITIONS = 2_000_000

/**
 * One queue and one connection per registered broker, one request in flight at a time: what one broker is told
 * arrives in the order in which it was decided, also across reconnects. A request is repeated until the broker has
 * answered it or is no longer registered; so it may arrive twice, and epochs make that harmless.
 * Source: kafka.controller.ControllerChannelManager and RequestSendThread (3.9).
 */
export class BrokerSenders {
  private readonly options: BrokerSendersOptions
  private readonly senders = new Map<BrokerId, Sender>()

  constructor(options: BrokerSendersOptions) {
    this.options = options
  }

  add(broker: RegisteredBroker): void {
    if (!this.senders.has(broker.id)) this.senders.set(broker.id, new Sender(this.options, broker))
  }

  /** The broker is gone: what waits for it is forgotten. */
  remove(id: BrokerId): void {
    this.senders.get(id)?.close()
    this.senders.delete(id)
  }

  /** The broker listens elsewhere from now on. */
  update(broker: RegisteredBroker): void {
    this.senders.get(broker.id)?.move(broker)
  }

  send(requests: readonly BrokerRequest[]): void {
    for (const request of requests) this.senders.get(request.broker)?.send(request)
  }

  /** Requests that wait or are in flight, per broker. */
  *queueSizes(): Generator<readonly [BrokerId, number], void, void> {
    for (const [id, sender] of this.senders) yield [id, sender.size]
  }

  /** The term is over. Nothing more is sent, and no answer is heard. */
  close(): void {
    for (const sender of this.senders.values()) sender.close()
    this.senders.clear()
  }
}

interface Waiting {
  readonly request: BrokerRequest
  readonly sinceMs: number
}

/** One broker's queue. */
class Sender {
  private readonly options: BrokerSendersOptions
  private readonly id: BrokerId
  private endpoint: Endpoint | null
  private channel: ControlChannel | null = null
  private waiting: Waiting[] = []
  private waitingPartitions = 0
  private hasDropped = false
  private isRunning = false
  private isClosed = false

  constructor(options: BrokerSendersOptions, broker: RegisteredBroker) {
    this.options = options
    this.id = broker.id
    this.endpoint = this.endpointOf(broker)
  }

  get size(): number {
    return this.waiting.length
  }

  send(request: BrokerRequest): void {
    if (this.isClosed) return
    if (this.endpoint === null || (this.hasDropped && request.api !== 'StopReplica')) {
      this.hasDropped = true
      return
    }
    this.waiting.push({ request, sinceMs: this.options.clock.monotonicMs() })
    this.waitingPartitions += request.size
    if (this.isTooFull()) this.drop()
    if (!this.isRunning) void this.run()
  }

  move(broker: RegisteredBroker): void {
    const endpoint = this.endpointOf(broker)
    if (endpoint?.host === this.endpoint?.host && endpoint?.port === this.endpoint?.port) return
    this.endpoint = endpoint
    this.channel?.close()
    this.channel = null
    // What could not be sent anywhere is made up for.
    if (this.endpoint !== null && this.waiting.length === 0) this.resync()
  }

  close(): void {
    this.isClosed = true
    this.waiting = []
    this.channel?.close()
    this.channel = null
  }

  private endpointOf(broker: RegisteredBroker): Endpoint | null {
    const { listenerName, logger } = this.options
    const endpoint = broker.info.endpoints.find((candidate) => candidate.listenerName === listenerName)
    if (endpoint !== undefined) return endpoint
    logger.error(
      `Broker ${broker.id} has no endpoint with listener name ${listenerName}: it cannot be controlled`,
    )
    return null
  }

  private isTooFull(): boolean {
    const maxRequests = this.options.maxQueuedRequests ?? MAX_QUEUED_REQUESTS
    return this.waiting.length > maxRequests || this.waitingPartitions > MAX_QUEUED_PARTITIONS
  }

  /**
   * Keeps the request in flight, and orders to stop, which nothing that is sent later makes up for; if these alone are
   * too many, they go as well.
   */
  private drop(): void {
    const before = this.waiting.length
    this.keep((request, place) => place === 0 || request.api === 'StopReplica')
    if (this.isTooFull()) this.keep((_, place) => place === 0)
    this.hasDropped = true
    this.options.logger.error(
      `Dropped ${before - this.waiting.length} requests to broker ${this.id}, which has not answered for long`,
    )
  }

  private keep(isKept: (request: BrokerRequest, place: number) => boolean): void {
    this.waiting = this.waiting.filter(({ request }, place) => isKept(request, place))
    this.waitingPartitions = this.waiting.reduce((sum, { request }) => sum + request.size, 0)
  }

  private resync(): void {
    if (!this.hasDropped) return
    this.hasDropped = false
    this.options.onResync(this.id)
  }

  private async run(): Promise<void> {
    this.isRunning = true
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const { clock } = this.options
      const waitedMs = clock.monotonicMs() - next.sinceMs
      const startMs = clock.monotonicMs()
      const answered = await this.deliver(next.request)
      if (this.isClosed) break
      this.options.onSent?.(this.id, waitedMs, clock.monotonicMs() - startMs)
      this.waiting.shift()
      this.waitingPartitions -= next.request.size
      if (answered !== null) this.options.onAnswer(answered)
      if (this.waiting.length === 0) this.resync()
    }
    this.isRunning = false
  }

  /** Sends until there is an answer; null when the sender was closed before, or when the request cannot be sent. */
  private async deliver(request: BrokerRequest): Promise<Answered | null> {
    const { clock, logger } = this.options
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.call(request)
      } catch (error) {
        if (this.isClosed) return null
        if (!(error instanceof KafkaError)) {
          // Not the connection's fault, so that a repetition would end alike and hold up all that follows.
          logger.error(`${request.api} to broker ${this.id} cannot be sent, and is given up`, { error })
          return null
        }
        // Only the first of a row is news: a dead broker is repeated to until its session ends.
        if (attempt === 1)
          logger.warn(`${request.api} to broker ${this.id} failed, and is repeated`, { error })
      }
      await sleep(clock, RETRY_BACKOFF_MS)
      if (this.isClosed) return null
    }
  }

  private async call(request: BrokerRequest): Promise<Answered> {
    if (this.endpoint === null)
      throw new KafkaError('BROKER_NOT_AVAILABLE', `broker ${this.id} has no endpoint`)
    this.channel ??= this.options.open(this.endpoint, this.id)
    const { broker } = request
    switch (request.api) {
      case 'LeaderAndIsr': {
        const response = await this.channel.call(
          'LeaderAndIsr',
          CONTROL_VERSIONS.LeaderAndIsr,
          request.request,
        )
        return { broker, api: 'LeaderAndIsr', request: request.request, response }
      }
      case 'UpdateMetadata': {
        const response = await this.channel.call(
          'UpdateMetadata',
          CONTROL_VERSIONS.UpdateMetadata,
          request.request,
        )
        return { broker, api: 'UpdateMetadata', request: request.request, response }
      }
      case 'StopReplica': {
        const response = await this.channel.call('StopReplica', CONTROL_VERSIONS.StopReplica, request.request)
        return { broker, api: 'StopReplica', request: request.request, response }
      }
    }
  }
}
