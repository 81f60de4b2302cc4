import { expect } from 'chai'
import { ControllerWorld, fenced, ids, stateWrite, tp, worldOf } from '../../support/controller-harness.ts'

/**
 * What Apache Kafka 3.9.1 was seen to write to ZooKeeper, operation by operation. Where several partitions change at
 * once Kafka's order among them is that of a hash map; ours is by topic and partition. Each write is in a multi of its
 * own, as Kafka has it; in production many share one.
 */
describe('what the controller writes to ZooKeeper: topics', () => {
  it('first start on an empty ensemble (01)', async () => {
    const world = new ControllerWorld()
    await world.prepare()
    await world.addBroker(1)
    const registration =
      '{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://b1:9001"],' +
      '"jmx_port":-1,"port":9001,"host":"b1","version":5,"timestamp":"<time>"}'
    expect(world.takeWrites()).to.deep.equal([
      `multi[ create (ephemeral) /brokers/ids/1 = null; setData /brokers/ids/1 = ${registration} [now version 1] ]`,
      'create /controller_epoch = 0',
      'multi[ create (ephemeral) /controller = {"version":2,"brokerid":1,"timestamp":"<time>","kraftControllerEpoch":-1}; setData /controller_epoch = 1 [now version 1] ]',
      'create /feature = {"features":{},"version":2,"status":1}',
      'multi[ check /controller_epoch version 1; error NONODE ]',
    ])
  })

  it('further brokers (03)', async () => {
    const world = new ControllerWorld()
    await world.prepare()
    await world.addBroker(1)
    world.takeWrites()
    await world.addBroker(2)
    await world.addBroker(3)
    expect(world.takeWrites().map((line) => line.slice(0, 45))).to.deep.equal([
      'multi[ create (ephemeral) /brokers/ids/2 = nu',
      'multi[ create (ephemeral) /brokers/ids/3 = nu',
    ])
  })

  it('a topic with a manual assignment and a setting (05)', async () => {
    const world = await worldOf(3)
    const [created] = await world.until(
      world.active.createTopics(
        [
          {
            name: 'manual',
            partitionCount: -1,
            replicationFactor: -1,
            assignments: [
              { partition: tp('manual', 0).partition, replicas: ids(1, 2) },
              { partition: tp('manual', 1).partition, replicas: ids(2, 3) },
            ],
            configs: [{ name: 'retention.ms', value: '3600000' }],
          },
        ],
        { validateOnly: false },
      ),
    )
    expect(created).to.include({ error: 'NONE', partitionCount: 2, replicationFactor: 2 })
    await world.settle()
    expect(world.takeWrites()).to.deep.equal([
      'multi[ check /controller version 0; error NONODE ]',
      'create /config/topics/manual = {"version":1,"config":{"retention.ms":"3600000"}}',
      'create /brokers/topics/manual = {"partitions":{"0":[1,2],"1":[2,3]},"topic_id":"<id>","adding_replicas":{},"removing_replicas":{},"version":3}',
      fenced(1, 'create /brokers/topics/manual/partitions = null'),
      fenced(1, 'create /brokers/topics/manual/partitions/0 = null'),
      fenced(1, 'create /brokers/topics/manual/partitions/1 = null'),
      fenced(
        1,
        'create /brokers/topics/manual/partitions/0/state = {"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1,2]}',
      ),
      fenced(
        1,
        'create /brokers/topics/manual/partitions/1/state = {"controller_epoch":1,"leader":2,"version":1,"leader_epoch":0,"isr":[2,3]}',
      ),
    ])
  })

  it('a topic over all racks, placed by chance (06)', async () => {
    const world = await worldOf(3)
    const [created] = await world.until(
      world.active.createTopics(
        [{ name: 'racks', partitionCount: 3, replicationFactor: 3, assignments: [], configs: [] }],
        { validateOnly: false },
      ),
    )
    expect(created).to.include({ error: 'NONE', partitionCount: 3, replicationFactor: 3 })
    await world.settle()
    const writes = world.takeWrites()
    expect(writes.slice(0, 2)).to.deep.equal([
      'multi[ check /controller version 0; error NONODE ]',
      'create /config/topics/racks = {"version":1,"config":{}}',
    ])
    const assignment = JSON.parse(world.data('/brokers/topics/racks') ?? '') as {
      partitions: Record<string, number[]>
    }
    for (const replicas of Object.values(assignment.partitions)) {
      expect([...replicas].sort()).to.deep.equal([1, 2, 3])
    }
    expect(writes.slice(3)).to.deep.equal([
      fenced(1, 'create /brokers/topics/racks/partitions = null'),
      ...[0, 1, 2].map((index) => fenced(1, `create /brokers/topics/racks/partitions/${index} = null`)),
      ...[0, 1, 2].map((index) => {
        const replicas = assignment.partitions[index] ?? []
        return fenced(
          1,
          `create /brokers/topics/racks/partitions/${index}/state = {"controller_epoch":1,"leader":${replicas[0]},"version":1,"leader_epoch":0,"isr":[${replicas.join()}]}`,
        )
      }),
    ])
  })

  it('another partition (07)', async () => {
    const world = await worldOf(3, async (world) => {
      await world.plantTopic('auto', {
        0: { replicas: [3, 1], leader: 3, isr: [3, 1] },
        1: { replicas: [1, 2], leader: 1, isr: [1, 2] },
      })
    })
    const [grown] = await world.until(
      world.active.createPartitions([{ name: 'auto', count: 3, assignments: [ids(2, 3)] }], {
        validateOnly: false,
      }),
    )
    expect(grown).to.deep.equal({ name: 'auto', error: 'NONE', message: null })
    await world.settle()
    expect(world.takeWrites()).to.deep.equal([
      'setData /brokers/topics/auto = {"partitions":{"0":[3,1],"1":[1,2],"2":[2,3]},"topic_id":"<id>","adding_replicas":{},"removing_replicas":{},"version":3} [now version 1]',
      'multi[ check /controller_epoch version 1; error NODEEXISTS ]',
      fenced(1, 'create /brokers/topics/auto/partitions/2 = null'),
      fenced(
        1,
        'create /brokers/topics/auto/partitions/2/state = {"controller_epoch":1,"leader":2,"version":1,"leader_epoch":0,"isr":[2,3]}',
      ),
    ])
  })

  it('a block of producer ids (27)', async () => {
    const world = await worldOf(3)
    const { id, epoch } = world.broker(1)
    const range = await world.until(world.active.allocateProducerIds(id, epoch))
    expect(range).to.deep.equal({ firstId: 0, count: 1000 })
    expect(world.takeWrites()).to.deep.equal([
      'setData /latest_producer_id_block = {"version":1,"broker":1,"block_start":"0","block_end":"999"} [now version 1]',
    ])
  })

  it('an internal topic that a client asks for (30)', async () => {
    const world = await worldOf(3, undefined, {
      properties: { 'offsets.topic.num.partitions': '1', 'offsets.topic.replication.factor': '1' },
    })
    const answers = await world.until(world.broker(2).topicAdmin.autoCreate(['__consumer_offsets']))
    expect([...answers]).to.deep.equal([['__consumer_offsets', 'LEADER_NOT_AVAILABLE']])
    await world.settle()
    const [leader] = (
      JSON.parse(world.data('/brokers/topics/__consumer_offsets') ?? '') as {
        partitions: Record<string, number[]>
      }
    ).partitions['0'] as [number]
    expect(world.takeWrites()).to.deep.equal([
      'multi[ check /controller version 0; error NONODE ]',
      'create /config/topics/__consumer_offsets = {"version":1,"config":{"compression.type":"producer","cleanup.policy":"compact","segment.bytes":"104857600"}}',
      `create /brokers/topics/__consumer_offsets = {"partitions":{"0":[${leader}]},"topic_id":"<id>","adding_replicas":{},"removing_replicas":{},"version":3}`,
      fenced(1, 'create /brokers/topics/__consumer_offsets/partitions = null'),
      fenced(1, 'create /brokers/topics/__consumer_offsets/partitions/0 = null'),
      fenced(
        1,
        `create /brokers/topics/__consumer_offsets/partitions/0/state = {"controller_epoch":1,"leader":${leader},"version":1,"leader_epoch":0,"isr":[${leader}]}`,
      ),
    ])
  })

  it('the deletion of a topic (37)', async () => {
    const world = await worldOf(3, async (world) => {
      await world.plantTopic('racks', {
        0: { replicas: [1, 2, 3], leader: 1, isr: [1, 2, 3] },
        1: { replicas: [2, 3, 1], leader: 2, isr: [2, 3, 1] },
        2: { replicas: [3, 1, 2], leader: 3, isr: [3, 1, 2] },
      })
      await world.until(world.tool.create('/config/topics/racks', Buffer.from('{"version":1,"config":{}}')))
    })
    expect(await world.until(world.active.deleteTopics(['racks']))).to.deep.equal([
      { name: 'racks', error: 'NONE', message: null },
    ])
    await world.settle()
    const tree = '/brokers/topics/racks/partitions'
    expect(world.takeWrites()).to.deep.equal([
      'create /admin/delete_topics/racks = null',
      stateWrite(1, 'racks/0', { leader: -1, epoch: 1, isr: [2, 3] }, 1),
      stateWrite(1, 'racks/1', { leader: 2, epoch: 1, isr: [2, 3] }, 1),
      stateWrite(1, 'racks/2', { leader: 3, epoch: 1, isr: [3, 2] }, 1),
      stateWrite(1, 'racks/0', { leader: -1, epoch: 2, isr: [3] }, 2),
      stateWrite(1, 'racks/1', { leader: -1, epoch: 2, isr: [3] }, 2),
      stateWrite(1, 'racks/2', { leader: 3, epoch: 2, isr: [3] }, 2),
      stateWrite(1, 'racks/0', { leader: -1, epoch: 3, isr: [3] }, 3),
      stateWrite(1, 'racks/1', { leader: -1, epoch: 3, isr: [3] }, 3),
      stateWrite(1, 'racks/2', { leader: -1, epoch: 3, isr: [3] }, 3),
      ...[0, 1, 2].flatMap((index) => [
        fenced(1, `delete ${tree}/${index}/state`),
        fenced(1, `delete ${tree}/${index}`),
      ]),
      fenced(1, `delete ${tree}`),
      fenced(1, 'delete /brokers/topics/racks'),
      fenced(1, 'delete /config/topics/racks'),
      fenced(1, 'delete /admin/delete_topics/racks'),
    ])
  })
})
