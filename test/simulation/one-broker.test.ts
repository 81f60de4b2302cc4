import { expect } from 'chai'
import { checkDurability } from './checkers/durability.ts'
import { Ledger } from './ledger.ts'
import { clientOf, SimulatedProducer } from './workload.ts'
import { World } from './world.ts'

const TOPIC = 'orders'
const PARTITIONS = 3

/** One broker, one producer; the broker is killed and comes back, several times. */
async function run(
  seed: string,
  end: 'kill' | 'crash' | 'stop',
): Promise<{ fingerprint: number; records: number }> {
  const world = new World({ seed })
  const broker = world.addBroker(1, {
    'flush.messages': '1',
    'log.flush.interval.messages': '1',
    'num.partitions': `${PARTITIONS}`,
  })
  await world.until(broker.start())
  const ledger = new Ledger()
  const admin = clientOf(world, world.addClient('admin'))
  await world.until(
    admin.retrying(30_000, () =>
      admin.call('controller', 'CreateTopics', {
        topics: [
          { name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] },
        ],
        timeoutMs: 10_000,
      }),
    ),
  )
  const producer = new SimulatedProducer(world, world.addClient('producer'), ledger, {
    topic: TOPIC,
    partitions: PARTITIONS,
    acks: 1,
    pauseMs: 5,
  })
  const running = producer.run()
  for (let life = 0; life < 3; life++) {
    await world.advance(500 + world.random.below(2000))
    if (end === 'stop') await world.until(broker.stop())
    else broker[end]()
    await world.advance(world.random.below(2000))
    await world.until(broker.start())
  }
  await world.advance(2000)
  producer.stop()
  await world.until(running)
  const { records } = await checkDurability(
    world,
    clientOf(world, world.addClient('checker')),
    ledger,
    TOPIC,
    PARTITIONS,
  )
  await world.until(broker.stop())
  return { fingerprint: world.fingerprint, records }
}

describe('A simulated broker', function () {
  this.timeout(60_000)

  for (const end of ['stop', 'kill', 'crash'] as const) {
    it(`keeps every acknowledged record through three ${end}s`, async () => {
      const { records } = await run(`one broker, ${end}`, end)
      expect(records).to.be.greaterThan(100)
    })
  }

  it('lives the same life again from the same seed, and another one from another', async () => {
    const first = await run('twice', 'kill')
    expect(await run('twice', 'kill')).to.deep.equal(first)
    expect((await run('once', 'kill')).fingerprint).to.not.equal(first.fingerprint)
  })
})
