import { expect } from 'chai'

import type { SessionState, WatchEvent, Watcher, ZooKeeper, ZooKeeperErrorName } from '../../zk/zookeeper.ts'
import { ZooKeeperError } from '../../zk/zookeeper.ts'

/** The ZooKeeperError with which `promise` rejects; fails when it does not, or with another error than these. */
export async function refusal(
  promise: Promise<unknown>,
  ...names: ZooKeeperErrorName[]
): Promise<ZooKeeperError> {
  let result: unknown
  try {
    result = await promise
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error
    expect(error.error).to.be.oneOf(names)
    return error
  }
  throw new Error(`expected ${names.join(' or ')}, got a result: ${String(result)}`)
}

/** A watcher that remembers what it was told. */
export interface Recorder {
  readonly watcher: Watcher
  /** `event path` of all calls so far. */
  readonly seen: string[]
  /** Resolves with the first event, which may have come already. */
  readonly first: Promise<WatchEvent>
}

export function recorder(): Recorder {
  const seen: string[] = []
  let resolve: (event: WatchEvent) => void = () => undefined
  const first = new Promise<WatchEvent>((onResolve) => (resolve = onResolve))
  const watcher: Watcher = (event, path) => {
    seen.push(`${event} ${path}`)
    resolve(event)
  }
  return { watcher, seen, first }
}

/** Resolves when the client's session is, or comes, into `state`. */
export function untilState(client: ZooKeeper, state: SessionState): Promise<void> {
  if (client.session.state === state) return Promise.resolve()
  return new Promise((resolve) => {
    const stop = client.session.listen({
      onState: (event) => {
        if (event.state !== state) return
        stop()
        resolve()
      },
    })
  })
}

/** Waits until everything that the servers have told the client so far has arrived. */
export async function settled(client: ZooKeeper): Promise<void> {
  await client.sync('/')
  await client.exists('/')
}
