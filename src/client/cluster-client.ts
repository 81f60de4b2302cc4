import { KafkaError, errorName, type ErrorName } from '../model/errors.ts'
import { hostPort } from '../model/endpoint.ts'
import { BrokerChannel } from '../network/broker-channel.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'
import type { Network } from '../platform/network.ts'
import { apis, type ApiName, type RequestInput, type ResponseRead } from '../protocol/apis.ts'

export interface ClusterClientOptions {
  readonly clock: Clock
  readonly network: Network
  /** Brokers to begin with; any one of them that answers is enough. */
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
  readonly clientId: string
  readonly requestTimeoutMs: number
}

/** Whom a request goes to: a broker by its id, whoever is the controller, or anybody. */
export type Destination = number | 'controller' | 'any'

export type ClusterMetadata = ResponseRead<'Metadata'>

const MAX_RESPONSE_BYTES = 128 * 1024 * 1024
const RETRY_MS = 100

/**
 * A small Kafka client on the broker's own codecs: finds brokers, agrees on versions, sends requests. Producing and
 * consuming are built on it (producer.ts, consumer.ts). Failures are KafkaErrors; a broker that cannot be reached is
 * NETWORK_EXCEPTION with the addresses that were tried.
 */
export class ClusterClient {
  readonly clock: Clock
  private readonly options: ClusterClientOptions
  private readonly channels = new Map<string, Connected>()
  private latest: ClusterMetadata | null = null

  constructor(options: ClusterClientOptions) {
    this.options = options
    this.clock = options.clock
  }

  /** Sends a request in the highest version that both sides have (at most `maxVersion`) and returns its answer. */
  async call<N extends ApiName>(
    to: Destination,
    api: N,
    request: RequestInput<N>,
    options: { readonly maxVersion?: number; readonly timeoutMs?: number } = {},
  ): Promise<ResponseRead<N>> {
    const { channel, versions } = await this.connected(to)
    const version = this.versionOf(api, versions, channel.address, options.maxVersion)
    return channel.call(api, version, request, options.timeoutMs)
  }

  /** Sends a request that nobody answers. */
  async send<N extends ApiName>(to: Destination, api: N, request: RequestInput<N>): Promise<void> {
    const { channel, versions } = await this.connected(to)
    await channel.send(api, this.versionOf(api, versions, channel.address), request)
  }

  /** The highest version of an API that both the broker and we have. */
  async version(to: Destination, api: ApiName): Promise<number> {
    const { channel, versions } = await this.connected(to)
    return this.versionOf(api, versions, channel.address)
  }

  /** Asks for brokers and the given topics (null: all) and remembers the brokers. */
  async metadata(
    topics: readonly string[] | null,
    options: { readonly mayCreate?: boolean } = {},
  ): Promise<ClusterMetadata> {
    const request = {
      topics: topics?.map((name) => ({ name })) ?? null,
      allowAutoTopicCreation: options.mayCreate ?? false,
    }
    this.latest = await this.call('any', 'Metadata', request)
    return this.latest
  }

  /**
   * Runs `attempt` until it does not throw a retriable error any more, or until `timeoutMs` have passed. Metadata is
   * forgotten between attempts, so that a new leader or controller is found.
   */
  async retrying<T>(timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
    const deadline = this.clock.monotonicMs() + timeoutMs
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (
          !(error instanceof KafkaError) ||
          !RETRIED.has(error.error) ||
          this.clock.monotonicMs() >= deadline
        )
          throw error
        this.latest = null
        await sleep(this.clock, RETRY_MS)
      }
    }
  }

  close(): void {
    for (const { channel } of this.channels.values()) channel.close()
    this.channels.clear()
  }

  private versionOf(api: ApiName, versions: Versions, address: string, limit = 32_767): number {
    const theirs = versions.get(apis[api].key)
    const ours = apis[api].request.versions
    const version = Math.min(ours.max, theirs?.max ?? -1, limit)
    if (theirs === undefined || version < Math.max(ours.min, theirs.min)) {
      throw new KafkaError(
        'UNSUPPORTED_VERSION',
        `${address} does not serve ${api} in a version that this client has`,
      )
    }
    return version
  }

  private async connected(to: Destination): Promise<Connected> {
    if (to === 'any') return this.anyBroker()
    if (this.latest === null) await this.metadata([])
    const id = to === 'controller' ? (this.latest?.controllerId ?? -1) : to
    const broker = this.latest?.brokers.find(({ nodeId }) => nodeId === id)
    if (broker === undefined) {
      this.latest = null
      if (to === 'controller')
        throw new KafkaError('NOT_CONTROLLER', 'the cluster has no controller at the moment')
      throw new KafkaError('BROKER_NOT_AVAILABLE', `broker ${id} is not alive`)
    }
    return this.connect(broker.host, broker.port)
  }

  private async anyBroker(): Promise<Connected> {
    for (const connected of this.channels.values()) if (connected.channel.isConnected) return connected
    const known = this.latest?.brokers.map(({ host, port }) => ({ host, port })) ?? []
    const candidates = [...this.options.bootstrap, ...known]
    const failures: string[] = []
    for (const { host, port } of candidates) {
      try {
        return await this.connect(host, port)
      } catch (error) {
        failures.push((error as Error).message)
      }
    }
    throw new KafkaError(
      'NETWORK_EXCEPTION',
      `no broker could be reached: ${[...new Set(failures)].join('; ')}`,
    )
  }

  private async connect(host: string, port: number): Promise<Connected> {
    const address = hostPort(host, port)
    const known = this.channels.get(address)
    if (known?.channel.isConnected === true) return known
    const { clock, network, clientId, requestTimeoutMs } = this.options
    const channel =
      known?.channel ??
      new BrokerChannel({
        clock,
        network,
        host,
        port,
        clientId,
        connectTimeoutMs: Math.min(requestTimeoutMs, 10_000),
        requestTimeoutMs,
        maxResponseBytes: MAX_RESPONSE_BYTES,
      })
    const answer = await channel.call('ApiVersions', 0, {})
    if (answer.errorCode !== 0)
      throw new KafkaError(errorName(answer.errorCode), `${address} refuses ApiVersions`)
    const versions = new Map(
      answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
        apiKey,
        { min: minVersion, max: maxVersion },
      ]),
    )
    const connected = { channel, versions }
    this.channels.set(address, connected)
    return connected
  }
}

type Versions = ReadonlyMap<number, { readonly min: number; readonly max: number }>

interface Connected {
  readonly channel: BrokerChannel
  /** What the broker serves, by API key. */
  readonly versions: Versions
}

/** What goes away when the cluster settles. */
const RETRIED: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'NETWORK_EXCEPTION',
  'NOT_CONTROLLER',
  'BROKER_NOT_AVAILABLE',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'KAFKA_STORAGE_ERROR',
  'REQUEST_TIMED_OUT',
  'UNKNOWN_TOPIC_ID',
  'CONCURRENT_TRANSACTIONS',
])

/** Throws unless the code stands for success. */
export function mustSucceed(code: number, what: string, message?: string | null): void {
  if (code === 0) return
  const name = errorName(code)
  throw new KafkaError(
    name,
    message === null || message === undefined || message === '' ? `${what}: ${name}` : `${what}: ${message}`,
  )
}
