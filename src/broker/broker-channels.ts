import type { ConfigReader } from '../config/layers.ts'
import type { BrokerEpoch, BrokerId } from '../model/ids.ts'
import { BrokerChannel } from '../network/broker-channel.ts'
import type { Platform } from '../platform/platform.ts'
import { RemoteLeader } from '../replication/remote-leader.ts'

/** Bytes that an answer of another broker may have. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024

interface Address {
  readonly host: string
  readonly port: number
}

/** Opens connections to other brokers, as the configuration wants them. */
export class BrokerChannels {
  private readonly platform: Pick<Platform, 'clock' | 'network'>
  private readonly config: ConfigReader
  private readonly self: BrokerId

  constructor(options: {
    platform: Pick<Platform, 'clock' | 'network'>
    config: ConfigReader
    self: BrokerId
  }) {
    this.platform = options.platform
    this.config = options.config
    this.self = options.self
  }

  /** For the controller's orders, and for requests to the controller. */
  open({ host, port }: Address): BrokerChannel {
    const { config } = this
    return this.channel(
      { host, port },
      config.get('controller.socket.timeout.ms'),
      config.get('request.timeout.ms'),
    )
  }

  /** For copying what another broker leads. `address`: where that broker listens now; null while nobody knows. */
  leader(brokerEpoch: () => BrokerEpoch, address: () => Address | null): RemoteLeader {
    const timeoutMs = this.config.get('replica.socket.timeout.ms')
    const { config } = this
    return new RemoteLeader({
      self: this.self,
      brokerEpoch,
      open: () => {
        const at = address()
        return at === null ? null : this.channel(at, timeoutMs, timeoutMs)
      },
      limits: {
        'replica.fetch.wait.max.ms': config.get('replica.fetch.wait.max.ms'),
        'replica.fetch.min.bytes': config.get('replica.fetch.min.bytes'),
        'replica.fetch.max.bytes': config.get('replica.fetch.max.bytes'),
        'replica.fetch.response.max.bytes': config.get('replica.fetch.response.max.bytes'),
      },
    })
  }

  private channel(
    { host, port }: Address,
    connectTimeoutMs: number,
    requestTimeoutMs: number,
  ): BrokerChannel {
    const { clock, network } = this.platform
    return new BrokerChannel({
      clock,
      network,
      host,
      port,
      clientId: `broker-${this.self}`,
      connectTimeoutMs,
      requestTimeoutMs,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    })
  }
}
