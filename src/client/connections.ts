import { KafkaError, errorName } from '../model/errors.ts'
import { hostPort } from '../model/endpoint.ts'
import { BrokerChannel } from '../network/broker-channel.ts'
import type { Clock } from '../platform/clock.ts'
import type { Network } from '../platform/network.ts'
import { apis, type ApiName } from '../protocol/apis.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** An open connection to a broker, with what that broker speaks. */
export interface Connection {
  readonly channel: BrokerChannel
  /** What the broker serves, by API key. */
  readonly versions: ReadonlyMap<number, VersionRange>
}

export interface VersionRange {
  readonly min: number
  readonly max: number
}

export interface ConnectionsOptions {
  readonly clock: Clock
  readonly network: Network
  readonly clientId: string
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
}

const MAX_RESPONSE_BYTES = 128 * 1024 * 1024
const NO_LIMIT = 32_767

/**
 * One connection per address, opened when it is first wanted and again after it broke. Who asks while it is being
 * opened waits for the same attempt.
 */
export class Connections {
  private readonly options: ConnectionsOptions
  private readonly channels = new Map<string, BrokerChannel>()
  private readonly open = new Map<string, Connection>()
  private readonly opening = new Map<string, Promise<Connection>>()
  private isClosed = false

  constructor(options: ConnectionsOptions) {
    this.options = options
  }

  /** Some connection that stands; null when none does. */
  any(): Connection | null {
    for (const connection of this.open.values()) if (connection.channel.isConnected) return connection
    return null
  }

  /** Throws KafkaError NETWORK_EXCEPTION when nobody answers there. */
  to({ host, port }: Address): Promise<Connection> {
    const address = hostPort(host, port)
    const standing = this.open.get(address)
    if (standing?.channel.isConnected === true) return Promise.resolve(standing)
    const under = this.opening.get(address)
    if (under !== undefined) return under
    const attempt = this.greet(address, host, port).finally(() => this.opening.delete(address))
    this.opening.set(address, attempt)
    return attempt
  }

  /** Closes what leads to other addresses than these: brokers move, and their old places are no longer theirs. */
  keepOnly(addresses: readonly Address[]): void {
    const kept = new Set(addresses.map(({ host, port }) => hostPort(host, port)))
    for (const [address, channel] of this.channels) {
      if (kept.has(address) || this.opening.has(address)) continue
      channel.close()
      this.channels.delete(address)
      this.open.delete(address)
    }
  }

  /** Calls under way fail. */
  close(): void {
    this.isClosed = true
    for (const channel of this.channels.values()) channel.close()
    this.channels.clear()
    this.open.clear()
  }

  private async greet(address: string, host: string, port: number): Promise<Connection> {
    if (this.isClosed) throw new KafkaError('NETWORK_EXCEPTION', 'the client is closed')
    const { clock, network, clientId, connectTimeoutMs, requestTimeoutMs } = this.options
    let channel = this.channels.get(address)
    if (channel === undefined) {
      channel = new BrokerChannel({
        clock,
        network,
        host,
        port,
        clientId,
        connectTimeoutMs,
        requestTimeoutMs,
        maxResponseBytes: MAX_RESPONSE_BYTES,
      })
      this.channels.set(address, channel)
    }
    // Version 0 is answered by every broker there ever was.
    const answer = await channel.call('ApiVersions', 0, {}, connectTimeoutMs)
    if (answer.errorCode !== 0)
      throw new KafkaError(errorName(answer.errorCode), `${address} refuses ApiVersions`)
    const versions = new Map(
      answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
        apiKey,
        { min: minVersion, max: maxVersion },
      ]),
    )
    const connection = { channel, versions }
    this.open.set(address, connection)
    return connection
  }
}

/** The highest version of an API that both sides have. Throws KafkaError UNSUPPORTED_VERSION when there is none. */
export function commonVersion(api: ApiName, { channel, versions }: Connection, limit = NO_LIMIT): number {
  const theirs = versions.get(apis[api].key)
  const ours = apis[api].request.versions
  const version = Math.min(ours.max, theirs?.max ?? -1, limit)
  if (theirs === undefined || version < Math.max(ours.min, theirs.min)) {
    throw new KafkaError(
      'UNSUPPORTED_VERSION',
      `${channel.address} does not serve ${api}${theirs === undefined ? '' : ' in a version that this client has'}`,
    )
  }
  return version
}
