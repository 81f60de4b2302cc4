import { KafkaError, errorName, type ErrorName } from '../model/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'
import type { Network } from '../platform/network.ts'
import type { ApiName, RequestInput, ResponseRead } from '../protocol/apis.ts'
import { commonVersion, Connections, type Address, type Connection } from './connections.ts'

export interface ClusterClientOptions {
  readonly clock: Clock
  readonly network: Network
  /** Brokers to begin with; any one of them that answers is enough. */
  readonly bootstrap: readonly Address[]
  readonly clientId: string
  /** How long a single request may take. */
  readonly requestTimeoutMs: number
}

/** Whom a request goes to: a broker by its id, whoever is the controller, or anybody. */
export type Destination = number | 'controller' | 'any'

export type ClusterMetadata = ResponseRead<'Metadata'>
export type TopicMetadata = ClusterMetadata['topics'][number]

const MAX_CONNECT_MS = 10_000
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 1000

/**
 * A small Kafka client on the broker's own codecs: finds brokers, agrees on versions, sends requests. Producing and
 * consuming are built on it (producer.ts, consumer.ts). Failures are KafkaErrors; a broker that cannot be reached is
 * NETWORK_EXCEPTION with the addresses that were tried.
 */
export class ClusterClient {
  readonly clock: Clock
  readonly requestTimeoutMs: number
  private readonly bootstrap: readonly Address[]
  private readonly connections: Connections
  private latest: ClusterMetadata | null = null
  private closed = false

  constructor(options: ClusterClientOptions) {
    const { clock, requestTimeoutMs, bootstrap } = options
    this.clock = clock
    this.requestTimeoutMs = requestTimeoutMs
    this.bootstrap = bootstrap
    const connectTimeoutMs = Math.min(requestTimeoutMs, MAX_CONNECT_MS)
    this.connections = new Connections({ ...options, connectTimeoutMs })
  }

  /** Nothing can be reached through it any more: whoever waits for better times need not. */
  get isClosed(): boolean {
    return this.closed
  }

  /** Sends a request in the highest version that both sides have (at most `maxVersion`) and returns its answer. */
  async call<N extends ApiName>(
    to: Destination,
    api: N,
    request: RequestInput<N>,
    options: { readonly maxVersion?: number; readonly timeoutMs?: number } = {},
  ): Promise<ResponseRead<N>> {
    const connection = await this.connected(to)
    const version = commonVersion(api, connection, options.maxVersion)
    return connection.channel.call(api, version, request, options.timeoutMs)
  }

  /** Sends a request that nobody answers. */
  async send<N extends ApiName>(to: Destination, api: N, request: RequestInput<N>): Promise<void> {
    const connection = await this.connected(to)
    await connection.channel.send(api, commonVersion(api, connection), request)
  }

  /** The highest version of an API that both the broker and we have. Throws KafkaError UNSUPPORTED_VERSION. */
  async version(to: Destination, api: ApiName): Promise<number> {
    return commonVersion(api, await this.connected(to))
  }

  /** All versions that a broker serves, by API key. */
  async versionsOf(to: Destination): Promise<Connection['versions']> {
    return (await this.connected(to)).versions
  }

  /** Asks for brokers and the given topics (null: all) and remembers the brokers. */
  async metadata(
    topics: readonly string[] | null,
    options: { readonly mayCreate?: boolean; readonly timeoutMs?: number } = {},
  ): Promise<ClusterMetadata> {
    const request = {
      topics: topics?.map((name) => ({ name })) ?? null,
      allowAutoTopicCreation: options.mayCreate ?? false,
    }
    const { timeoutMs } = options
    const latest = await this.call('any', 'Metadata', request, timeoutMs === undefined ? {} : { timeoutMs })
    this.latest = latest
    if (latest.brokers.length > 0) this.connections.keepOnly([...this.bootstrap, ...latest.brokers])
    return latest
  }

  /** Forgets who is who, so that the next request to a broker or to the controller asks again. */
  forgetMetadata(): void {
    this.latest = null
  }

  /**
   * Runs `attempt` until it does not throw a retriable error any more, or until `timeoutMs` have passed: then throws
   * the last one. Metadata is forgotten between attempts, so that a new leader or controller is found.
   */
  async retrying<T>(
    timeoutMs: number,
    attempt: () => Promise<T>,
    isRetried: (error: KafkaError) => boolean = isTransient,
  ): Promise<T> {
    const deadline = this.clock.monotonicMs() + timeoutMs
    for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(2 * delayMs, LAST_RETRY_MS)) {
      try {
        return await attempt()
      } catch (error) {
        const mayRetry = error instanceof KafkaError && isRetried(error) && !this.isClosed
        if (!mayRetry || this.clock.monotonicMs() + delayMs > deadline) throw error
        this.latest = null
        await sleep(this.clock, delayMs)
      }
    }
  }

  /** Calls under way fail with NETWORK_EXCEPTION. */
  close(): void {
    this.closed = true
    this.connections.close()
  }

  private async connected(to: Destination): Promise<Connection> {
    if (to === 'any') return this.anyBroker()
    const known = this.latest ?? (await this.metadata([]))
    const id = to === 'controller' ? known.controllerId : to
    const broker = known.brokers.find(({ nodeId }) => nodeId === id)
    if (broker !== undefined) return this.connections.to(broker)
    this.latest = null
    if (to === 'controller')
      throw new KafkaError('NOT_CONTROLLER', 'the cluster has no controller at the moment')
    throw new KafkaError('BROKER_NOT_AVAILABLE', `broker ${id} is not alive`)
  }

  private async anyBroker(): Promise<Connection> {
    const standing = this.connections.any()
    if (standing !== null) return standing
    const failures = new Set<string>()
    for (const address of [...this.bootstrap, ...(this.latest?.brokers ?? [])]) {
      try {
        return await this.connections.to(address)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        failures.add(error.message)
      }
    }
    throw new KafkaError('NETWORK_EXCEPTION', `no broker could be reached: ${[...failures].join('; ')}`)
  }
}

/** What goes away when the cluster settles. */
const TRANSIENT: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'NETWORK_EXCEPTION',
  'NOT_CONTROLLER',
  'BROKER_NOT_AVAILABLE',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REPLICA_NOT_AVAILABLE',
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
  'INCONSISTENT_TOPIC_ID',
  'CONCURRENT_TRANSACTIONS',
  'THROTTLING_QUOTA_EXCEEDED',
])

/** Whether the same request may succeed a little later, when the cluster has settled. */
export function isTransient(error: KafkaError): boolean {
  return TRANSIENT.has(error.error)
}

/** Throws a KafkaError unless the code stands for success. */
export function mustSucceed(code: number, what: string, message?: string | null): void {
  if (code === 0) return
  throw failureOf(code, what, message)
}

/** The KafkaError for a code, with the broker's own words where it has any. */
export function failureOf(code: number, what: string, message?: string | null): KafkaError {
  const name = errorName(code)
  const hasWords = message !== null && message !== undefined && message !== '' && message !== 'NONE'
  return new KafkaError(name, `${what}: ${hasWords ? message : name}`)
}
