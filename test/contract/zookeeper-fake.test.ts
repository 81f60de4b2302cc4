import { deferred } from '../../src/std/deferred.ts'
import { FakeClock } from '../fakes/clock.ts'
import { FakeRandom } from '../fakes/random.ts'
import { FakeZooKeeper } from '../fakes/zookeeper-client.ts'
import { FakeZooKeeperService } from '../fakes/zookeeper.ts'
import { untilState } from './zookeeper-expectations.ts'
import type { ZooKeeperHarness } from './zookeeper-harness.ts'
import { zooKeeperSuite } from './zookeeper-suite.ts'

/** Time that passes by itself, as fast as things happen in it, until `stop`. */
function runningClock(): { clock: FakeClock; stop: () => Promise<void> } {
  const clock = new FakeClock()
  const stopped = deferred<void>()
  const keepGoing = (): void => {
    clock.after(10, keepGoing)
  }
  keepGoing()
  const running = clock.until(stopped.promise, { maxEvents: Infinity, maxMs: Infinity })
  return {
    clock,
    stop: () => {
      stopped.resolve()
      return running
    },
  }
}

async function startFake(): Promise<ZooKeeperHarness> {
  const { clock, stop } = runningClock()
  const random = new FakeRandom('contract')
  const service = new FakeZooKeeperService({ clock, tickTimeMs: 500 })
  const fake = (client: unknown): FakeZooKeeper => {
    if (client instanceof FakeZooKeeper) return client
    throw new TypeError('not one of the clients of the fake service')
  }
  return {
    sessionTimeoutMs: 3000,
    connect: async () => {
      const latencyMs = () => random.between(0.1, 2)
      const client = service.connect({ clock, random, sessionTimeoutMs: 3000, latencyMs })
      await untilState(client, 'connected')
      return client
    },
    monotonicMs: () => clock.monotonicMs(),
    disconnect: (client) => service.disconnect(fake(client)),
    expire: (client) => service.expire(fake(client)),
    hang: () => service.hang(),
    resume: () => service.resume(),
    stop,
  }
}

describe('ZooKeeper (fake)', () => {
  zooKeeperSuite({ start: startFake, can: ['disconnect', 'expire', 'hang'] })
})
