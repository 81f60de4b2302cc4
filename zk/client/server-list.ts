import type { Random } from '../../src/platform/random.ts'
import { Backoff } from '../../src/std/backoff.ts'
import { hostPort } from '../../src/model/endpoint.ts'
import type { ServerAddress } from '../connect-string.ts'

/** A connection that breaks sooner than this was no success: the next attempt waits. */
const STABLE_AFTER_MS = 1000

interface Attempts {
  count: number
  outcome: string
}

/**
 * Which server to try next, and when. All of them are tried once without waiting, in an order of chance; after that
 * each attempt waits longer than the one before, up to a second: sessions are short.
 */
export class ServerList {
  private readonly servers: readonly ServerAddress[]
  private readonly backoff: Backoff
  private readonly attempts = new Map<ServerAddress, Attempts>()
  private position = -1
  private failures = 0

  constructor(servers: readonly ServerAddress[], random: Random) {
    this.servers = shuffled(servers, random)
    this.backoff = new Backoff({ initialMs: 100, maxMs: 1000, random })
  }

  get length(): number {
    return this.servers.length
  }

  /** The server to try next, and how long to wait before. */
  next(): { readonly server: ServerAddress; readonly delayMs: number } {
    const delayMs = this.failures < this.servers.length ? 0 : this.backoff.nextMs()
    this.failures++
    this.position = (this.position + 1) % this.servers.length
    const server = this.current
    const attempts = this.attempts.get(server)
    if (attempts === undefined) this.attempts.set(server, { count: 1, outcome: 'no answer yet' })
    else attempts.count++
    return { server, delayMs }
  }

  /** What became of the attempt on the current server. */
  note(outcome: string): void {
    const attempts = this.attempts.get(this.current)
    if (attempts !== undefined) attempts.outcome = outcome
  }

  /** A session was served for `livedMs` over the connection that has just ended. */
  connectionLived(livedMs: number): void {
    if (livedMs < STABLE_AFTER_MS) return
    this.failures = 0
    this.backoff.reset()
    this.attempts.clear()
  }

  /** `zk1:2181 (3 attempts, connection refused)`: who was asked since the last success, and what came of it. */
  describe(): string {
    return this.servers
      .map((server) => {
        const attempts = this.attempts.get(server)
        const story =
          attempts === undefined
            ? 'not asked'
            : `${attempts.count} ${attempts.count === 1 ? 'attempt' : 'attempts'}, the last: ${attempts.outcome}`
        return `${hostPort(server.host, server.port)} (${story})`
      })
      .join(', ')
  }

  /** `host:port` of the one that was tried last. */
  get currentName(): string {
    return hostPort(this.current.host, this.current.port)
  }

  private get current(): ServerAddress {
    const server = this.servers[Math.max(0, this.position)]
    if (server === undefined) throw new RangeError('no servers')
    return server
  }
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values]
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const [one, other] = [result[i] as T, result[j] as T]
    result[i] = other
    result[j] = one
  }
  return result
}
