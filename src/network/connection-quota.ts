/**
 * Counts connections per address and listener and says whether one more is welcome.
 * Source: kafka.network.ConnectionQuotas; KIP-402 and KIP-612 for the broker-wide and listener limits.
 */
export class ConnectionQuota {
  private readonly limits: ConnectionLimits
  private readonly byAddress = new Map<string, number>()
  private readonly byListener = new Map<string, number>()
  private total = 0

  constructor(limits: ConnectionLimits) {
    this.limits = limits
  }

  get connectionCount(): number {
    return this.total
  }

  countOf(listenerName: string): number {
    return this.byListener.get(listenerName) ?? 0
  }

  /** Why a connection from `address` must be refused, or null after counting it in. */
  admit(address: string, listenerName: string): string | null {
    const perAddress = this.limits.maxConnectionsOf(address)
    if ((this.byAddress.get(address) ?? 0) >= perAddress)
      return `more than ${perAddress} connections from ${address}`
    const perListener = this.limits.maxConnectionsOfListener(listenerName)
    if (this.countOf(listenerName) >= perListener)
      return `more than ${perListener} connections at listener ${listenerName}`
    const inAll = this.limits.maxConnections()
    if (this.total >= inAll && !this.limits.isProtected(listenerName)) return `more than ${inAll} connections`
    this.total++
    this.byAddress.set(address, (this.byAddress.get(address) ?? 0) + 1)
    this.byListener.set(listenerName, this.countOf(listenerName) + 1)
    return null
  }

  release(address: string, listenerName: string): void {
    this.total--
    decrease(this.byAddress, address)
    decrease(this.byListener, listenerName)
  }
}

/** The limits in force now; they may change while the broker runs. */
export interface ConnectionLimits {
  /** `max.connections.per.ip` with its overrides. */
  maxConnectionsOf(address: string): number
  /** `listener.name.L.max.connections`. */
  maxConnectionsOfListener(listenerName: string): number
  /** `max.connections`. */
  maxConnections(): number
  /** Whether the listener is exempt from the broker-wide limit: the one that brokers use among themselves. */
  isProtected(listenerName: string): boolean
}

function decrease(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1
  if (left > 0) counts.set(key, left)
  else counts.delete(key)
}
