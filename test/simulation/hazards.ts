import type { DiskFault } from '../fakes/disk-faults.ts'
import type { ScheduledEvent } from '../fakes/scheduler.ts'
import type { World } from './world.ts'

/**
 * Faults that last: each is counted, so that two which overlap end with the later one, and all of them end at once when
 * the world is healed.
 */
export class Hazards {
  private readonly world: World
  private readonly counts = new Map<string, number>()
  private readonly ends = new Set<ScheduledEvent>()
  private weathers = 0

  constructor(world: World) {
    this.world = world
  }

  /** Does `begin`, and `end` after `forMs` if no other hazard of that name is there then. */
  during(name: string, forMs: number, begin: () => void, end: () => void): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    begin()
    this.later(forMs, () => {
      const count = (this.counts.get(name) ?? 1) - 1
      this.counts.set(name, count)
      if (count === 0) end()
    })
  }

  has(name: string): boolean {
    return (this.counts.get(name) ?? 0) > 0
  }

  /** Runs `action` unless the world is healed before. */
  later(delayMs: number, action: () => void): void {
    const { scheduler } = this.world
    const event = scheduler.at(scheduler.nowMs + delayMs, () => {
      this.ends.delete(event)
      action()
    })
    this.ends.add(event)
  }

  link(from: string, to: string, state: 'cut' | 'stall', forMs: number): void {
    const { network } = this.world
    this.during(
      `link ${from} ${to}`,
      forMs,
      () => network[state](from, to),
      () => network.heal(from, to),
    )
  }

  slowLink(from: string, to: string, periodMs: number, forMs: number): void {
    for (let at = 0; at < forMs; at += periodMs + 1)
      this.later(at, () => this.link(from, to, 'stall', periodMs))
  }

  disk(id: number, fault: DiskFault, forMs: number): void {
    const broker = this.world.broker(id)
    broker.breakDisk(fault)
    this.later(forMs, () => broker.mendDisk(fault))
  }

  /** The broker and the ensemble do not hear each other, over the lives of the broker too. */
  cutFromZooKeeper(id: number, forMs: number): void {
    const broker = this.world.broker(id)
    this.during(
      `zk ${id}`,
      forMs,
      () => broker.loseZooKeeper(),
      () => broker.regainZooKeeper(),
    )
  }

  weather(latencyMs: readonly [number, number], resetProbability: number, forMs: number): void {
    this.weathers++
    this.world.network.setConditions({ latencyMs, resetProbability })
    this.later(forMs, () => {
      if (--this.weathers === 0) this.clearSky()
    })
  }

  /** Everything that lasts ends now. */
  end(): void {
    for (const event of this.ends) event.cancel()
    this.ends.clear()
    this.counts.clear()
    this.weathers = 0
    const { network, zooKeeper, brokers } = this.world
    this.clearSky()
    network.healAll()
    zooKeeper.restoreQuorum()
    zooKeeper.resume()
    for (const broker of brokers.values()) broker.heal()
  }

  private clearSky(): void {
    this.world.network.setConditions({ latencyMs: this.world.calmLatencyMs, resetProbability: 0 })
  }
}
