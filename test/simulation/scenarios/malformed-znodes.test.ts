import { expect } from 'chai'
import { ClusterAdmin } from '../../../src/client/cluster-admin.ts'
import type { ClusterClient } from '../../../src/client/cluster-client.ts'
import { StartupError } from '../../../src/broker/startup-error.ts'
import { errorName, KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { ANY_VERSION } from '../../../zk/zookeeper.ts'
import type { FakeZooKeeper } from '../../fakes/zookeeper-client.ts'
import { clientOf } from '../workloads/client-of.ts'
import { World } from '../world.ts'

const GARBAGE: Readonly<Record<string, Buffer | null>> = {
  'no data': null,
  'half a document': Buffer.from('{"version":1,"par'),
  'bytes that are no text': Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  'an empty object': Buffer.from('{}'),
  'a list': Buffer.from('[1,2]'),
  'another version': Buffer.from('{"version":99,"epoch":-1,"leader":"x"}'),
  'fields of wrong types': Buffer.from(
    '{"version":1,"leader":"me","leader_epoch":null,"isr":{"0":1},"controller_epoch":1.5,' +
      '"partitions":{"0":7,"x":[1]},"config":[],"brokerid":"one","timestamp":[],"host":5,"port":"x",' +
      '"entity_path":7,"features":[],"status":"on"}',
  ),
}

/** Where somebody may have left anything; true where a broker cannot begin without understanding it. */
const PATHS: Readonly<Record<string, boolean>> = {
  '/brokers/topics/bad': false,
  '/brokers/topics/good/partitions/0/state': false,
  '/brokers/ids/77': false,
  '/brokers/ids/not-a-number': false,
  '/config/topics/good': false,
  '/config/topics/bad': false,
  '/config/brokers/<default>': true,
  '/config/brokers/1': true,
  '/config/clients/somebody': false,
  '/config/changes/config_change_0000000777': false,
  '/isr_change_notification/isr_change_0000000777': false,
  '/log_dir_event_notification/log_dir_event_0000000777': false,
  '/admin/reassign_partitions': false,
  '/admin/preferred_replica_election': false,
  '/admin/delete_topics/nosuch': false,
  '/latest_producer_id_block': false,
  '/controller': false,
  '/cluster/id': true,
  '/feature': true,
}

describe('A broker that meets a malformed znode', function () {
  this.timeout(60_000)

  for (const [path, mayRefuse] of Object.entries(PATHS)) {
    for (const [what, data] of Object.entries(GARBAGE)) {
      it(`goes on, and begins again, with ${what} at ${path}`, async () => {
        const world = new World({ seed: 'malformed' })
        const broker = world.addBroker(1)
        await world.until(broker.start())
        const machine = world.addClient('client')
        const client = clientOf(world, machine)
        const admin = new ClusterAdmin({ client, timeoutMs: 5000 })
        await world.until(
          admin.createTopic({ name: 'good', partitions: 2, replicationFactor: 1, configs: {} }),
        )
        await world.until(produce(client))

        const intruder = world.zooKeeper.connect({ ...machine, sessionTimeoutMs: 20_000 })
        await world.until(put(intruder, path, data))
        await world.advance(10_000)
        await world.until(produce(client))

        broker.kill()
        await world.advance(5000)
        const refusal = await world.until(
          broker.start().then(
            () => null,
            (error: unknown) => (error instanceof Error ? error : new Error('not even an error')),
          ),
        )
        if (refusal !== null) {
          expect(mayRefuse, String(refusal)).to.equal(true)
          expect(refusal).to.be.instanceOf(StartupError)
          expect(String(refusal)).to.include(path)
          return
        }
        await world.until(produce(client))
      })
    }
  }

  it('has no controller while the epoch is malformed, says so, and has one when it is mended', async () => {
    const world = new World({ seed: 'malformed' })
    const broker = world.addBroker(1)
    await world.until(broker.start())
    const machine = world.addClient('client')
    const client = clientOf(world, machine)
    const admin = new ClusterAdmin({ client, timeoutMs: 5000 })
    await world.until(admin.createTopic({ name: 'good', partitions: 2, replicationFactor: 1, configs: {} }))
    const intruder = world.zooKeeper.connect({ ...machine, sessionTimeoutMs: 20_000 })
    await world.until(put(intruder, '/controller_epoch', Buffer.from('seven')))
    broker.kill()
    await world.advance(5000)
    await world.until(broker.start())
    await world.advance(10_000)
    expect(world.trace.tail().join('\n')).to.match(/controller_epoch is malformed/)

    await world.until(put(intruder, '/controller_epoch', Buffer.from('7')))
    await world.advance(10_000)
    await world.until(produce(client))
  })
})

/** One record for a partition that nobody has touched, tried for as long as a patient producer would. */
async function produce(client: ClusterClient): Promise<void> {
  const records = buildBatch([{ key: null, value: Buffer.from('x'), timestamp: 1 }])
  await client.retrying(
    30_000,
    async () => {
      const { responses } = await client.call(1, 'Produce', {
        transactionalId: null,
        acks: -1,
        timeoutMs: 5000,
        topicData: [{ name: 'good', partitionData: [{ index: 1, records }] }],
      })
      const code = responses[0]?.partitionResponses[0]?.errorCode ?? -1
      if (code !== 0) throw new KafkaError(errorName(code))
    },
    () => true,
  )
}

async function put(zooKeeper: FakeZooKeeper, path: string, data: Buffer | null): Promise<void> {
  const parents = path.split('/').slice(1, -1)
  let parent = ''
  for (const name of parents) {
    parent += `/${name}`
    if ((await zooKeeper.exists(parent)) === null) await zooKeeper.create(parent, null)
  }
  if ((await zooKeeper.exists(path)) === null) await zooKeeper.create(path, data)
  else await zooKeeper.set(path, data, ANY_VERSION)
}
