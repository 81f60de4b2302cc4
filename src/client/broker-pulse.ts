import { KafkaError } from '../model/errors.ts'
import { Connections, type Address, type Connection, type ConnectionsOptions } from './connections.ts'

/**
 * Tells whether a broker is still the process that it was: holds one connection, which no restart survives, however
 * quick it is.
 */
export class BrokerPulse {
  private readonly connections: Connections
  private readonly address: Address
  private connection: Connection | null = null

  constructor(options: ConnectionsOptions & { readonly address: Address }) {
    this.connections = new Connections(options)
    this.address = options.address
  }

  /** Throws KafkaError NETWORK_EXCEPTION when nobody answers. */
  async open(): Promise<void> {
    this.connection = await this.connections.to(this.address)
  }

  /** False for ever once the connection broke. Asks something, so that it does not pass for idle. */
  async beats(): Promise<boolean> {
    if (this.connection?.channel.isConnected !== true) {
      this.connection = null
      return false
    }
    try {
      await this.connection.channel.call('ApiVersions', 0, {})
      return true
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.connection = null
      return false
    }
  }

  close(): void {
    this.connections.close()
  }
}
