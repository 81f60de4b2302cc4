/** How an embedded ZooKeeper is set up. ZooKeeper's own name of each setting stands behind it. */
export interface EmbeddedZooKeeperConfig {
  /** Where transactions and snapshots are kept (dataDir). Null: in memory alone; a restart begins with nothing. */
  readonly dataDirectory: string | null
  /** The address to listen on (clientPortAddress). */
  readonly host: string
  /** The port to listen on; 0 takes a free one (clientPort). */
  readonly port: number
  /** The grain of session expiry (tickTime). Default 2000. */
  readonly tickTimeMs?: number
  /** The shortest session granted (minSessionTimeout). Default 2 ticks. */
  readonly minSessionTimeoutMs?: number
  /** The longest session granted (maxSessionTimeout). Default 20 ticks. */
  readonly maxSessionTimeoutMs?: number
  /** Connections from one address, 0 for any number (maxClientCnxns). Default 60. */
  readonly maxClientConnections?: number
  /** A snapshot is written after this many transactions (snapCount). Default 100,000. */
  readonly snapshotEveryTransactions?: number
  /** The commands that are answered besides `srvr`; `*` for all (4lw.commands.whitelist). Default none. */
  readonly fourLetterWords?: readonly string[]
  /** The largest frame accepted (jute.maxbuffer). Default 1,048,575. */
  readonly maxFrameBytes?: number
  /** `user:base64(sha1(user:password))` of who may do everything (superDigest). Default nobody. */
  readonly superDigest?: string | null
  /**
   * Ends all sessions that the data directory remembers before anybody is served, each with its ephemerals: for when
   * their owners are known to have died with the process that kept them. Default false.
   */
  readonly forgetSessions?: boolean
}

export type CheckedConfig = Required<EmbeddedZooKeeperConfig>

/** Fills in the defaults. Throws RangeError for what cannot work. */
export function checkConfig(config: EmbeddedZooKeeperConfig): CheckedConfig {
  const tickTimeMs = config.tickTimeMs ?? 2000
  const checked: CheckedConfig = {
    tickTimeMs,
    minSessionTimeoutMs: 2 * tickTimeMs,
    maxSessionTimeoutMs: 20 * tickTimeMs,
    maxClientConnections: 60,
    snapshotEveryTransactions: 100_000,
    fourLetterWords: [],
    maxFrameBytes: 0xfffff,
    superDigest: null,
    forgetSessions: false,
    ...config,
  }
  inRange('port', checked.port, 0, 65_535)
  inRange('tickTimeMs', tickTimeMs, 1, 60_000)
  inRange('minSessionTimeoutMs', checked.minSessionTimeoutMs, 1, 2 ** 31 - 1)
  inRange('maxSessionTimeoutMs', checked.maxSessionTimeoutMs, checked.minSessionTimeoutMs, 2 ** 31 - 1)
  inRange('maxClientConnections', checked.maxClientConnections, 0, 2 ** 31 - 1)
  inRange('snapshotEveryTransactions', checked.snapshotEveryTransactions, 1, 2 ** 31 - 1)
  inRange('maxFrameBytes', checked.maxFrameBytes, 1024, 32 * 1024 * 1024)
  return checked
}

function inRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new RangeError(
    `embedded ZooKeeper: ${name} is ${value}, must be a whole number from ${least} to ${most}`,
  )
}
