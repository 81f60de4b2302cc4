import { expect } from 'chai'
import type { Plan, PlannedAction } from './plan.ts'
import { runPlan } from './run-plan.ts'

/** One broker that syncs every batch; producers of both kinds, and both ways to read. */
function plan(seed: string, actions: readonly PlannedAction[]): Plan {
  const topic = 'orders'
  const partitions = 3
  return {
    seed,
    mode: 'one-broker',
    brokers: 1,
    durationMs: 9000,
    settings: { 'log.flush.interval.messages': '1' },
    latencyMs: [0.5, 2],
    chunking: 'random',
    tickTimeMs: 500,
    clockRates: {},
    topics: [
      { name: topic, partitions, replicationFactor: 1, configs: { 'flush.messages': '1' }, promise: 'kept' },
    ],
    workloads: [
      {
        kind: 'producer',
        name: 'idempotent',
        topic,
        partitions,
        acks: -1,
        everyMs: 20,
        lingerMs: 5,
        maxValueBytes: 100,
        compression: 'none',
        deliveryTimeoutMs: 20_000,
      },
      {
        kind: 'producer',
        name: 'plain',
        topic,
        partitions,
        acks: 1,
        everyMs: 20,
        lingerMs: 0,
        maxValueBytes: 20,
        compression: 'snappy',
        deliveryTimeoutMs: 2000,
      },
      { kind: 'consumer', name: 'consumer', topic, partitions },
      { kind: 'reader', name: 'reader', topic, partitions, maxVersion: 4, everyMs: 100 },
    ],
    actions,
  }
}

const THREE_TIMES = [1000, 3000, 6000]

describe('A simulated broker', function () {
  this.timeout(600_000)

  const ends: Readonly<Record<string, readonly PlannedAction[]>> = {
    'stopped in order': THREE_TIMES.map((atMs) => ({ atMs, kind: 'restart', broker: 1, downMs: 200 })),
    killed: THREE_TIMES.map((atMs) => ({ atMs, kind: 'kill', broker: 1, downMs: 200 })),
    'without power': THREE_TIMES.map((atMs) => ({ atMs, kind: 'power-loss', brokers: [1], downMs: 200 })),
  }
  for (const [how, actions] of Object.entries(ends)) {
    it(`keeps every acknowledged record, three times ${how}`, async () => {
      const { violations, counts } = await runPlan(plan(how, actions))
      expect(violations).to.deep.equal([])
      expect(counts.actions).to.equal(3)
      expect(counts.acknowledged).to.be.greaterThan(100)
      expect(counts.read).to.be.greaterThan(counts.acknowledged)
    })
  }

  it('lives the same life again from the same seed, and another one from another', async () => {
    const once = plan(
      'twice',
      THREE_TIMES.map((atMs) => ({ atMs, kind: 'kill', broker: 1, downMs: 200 })),
    )
    const first = await runPlan(once)
    const second = await runPlan(once)
    expect([second.fingerprint, second.counts]).to.deep.equal([first.fingerprint, first.counts])
    expect((await runPlan({ ...once, seed: 'another' })).fingerprint).to.not.equal(first.fingerprint)
  })
})
