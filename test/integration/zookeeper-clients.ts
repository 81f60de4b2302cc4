import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { createZooKeeperClient } from '../../zk/client/create-client.ts'
import type { ZooKeeperClient, ZooKeeperClientOptions } from '../../zk/client/create-client.ts'
import type { SessionState } from '../../zk/zookeeper.ts'
import { FakeLogger } from '../fakes/logger.ts'

export const clock = new NodeClock()

/** Clients that are closed after the test, whatever becomes of it. */
export class TestClients {
  readonly logger = new FakeLogger()
  private readonly clients: ZooKeeperClient[] = []

  async connect(
    connectString: string,
    options: Partial<Omit<ZooKeeperClientOptions, 'connectString'>> = {},
  ): Promise<ZooKeeperClient> {
    const client = await createZooKeeperClient({
      connectString,
      sessionTimeoutMs: 3000,
      connectionTimeoutMs: 10_000,
      maxInFlightRequests: 250,
      platform: { clock, random: new NodeRandom(), logger: this.logger },
      ...options,
    })
    this.clients.push(client)
    return client
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.close()))
  }
}

/** Waits until it is true; fails when it is not in time. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadlineMs = clock.monotonicMs() + withinMs
  while (!(await condition())) {
    if (clock.monotonicMs() > deadlineMs)
      throw new Error(`not within ${withinMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The states that a client comes into from now on. */
export function statesOf(client: ZooKeeperClient): SessionState[] {
  const states: SessionState[] = []
  client.session.listen({ onState: ({ state }) => states.push(state) })
  return states
}
