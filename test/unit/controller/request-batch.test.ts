import { expect } from 'chai'
import { ControllerContext, type Partition } from '../../../src/controller/controller-context.ts'
import { assigned, reassignTo } from '../../../src/controller/replica-assignment.ts'
import { CONTROL_VERSIONS, RequestBatch } from '../../../src/controller/request-batch.ts'
import { Slices } from '../../../src/controller/slices.ts'
import type {
  BrokerEpoch,
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
} from '../../../src/model/ids.ts'
import { apis } from '../../../src/protocol/apis.ts'
import { codec } from '../../../src/protocol/codec.ts'
import { Writer } from '../../../src/protocol/writer.ts'
import { describeRequest } from '../../support/describe-request.ts'
import { ids, topicIdOf } from '../../support/controller-harness.ts'
import { FakeClock } from '../../fakes/clock.ts'

class Bench {
  readonly context = new ControllerContext(3 as ControllerEpoch)
  readonly batch = new RequestBatch({
    context: this.context,
    controllerId: 1 as BrokerId,
    interBrokerListener: 'INTERNAL',
  })

  constructor() {
    for (const id of ids(1, 2, 3)) this.addBroker(id)
  }

  addBroker(id: BrokerId): void {
    const endpoint = (listenerName: string, port: number) => ({
      listenerName,
      securityProtocol: 'SASL_SSL' as const,
      host: `b${id}`,
      port,
    })
    this.context.setBroker({
      id,
      epoch: (100 + id) as BrokerEpoch,
      info: {
        endpoints: [endpoint('EXTERNAL', 9000 + id), endpoint('INTERNAL', 9100 + id)],
        rack: id === 2 ? 'r2' : null,
        features: new Map(),
        jmxPort: -1,
        timestampMs: 0,
      },
    })
  }

  addPartition(
    name: string,
    index: number,
    replicas: number[],
    leader: number | null = replicas[0] ?? -1,
  ): Partition {
    const topic = this.context.topic(name) ?? this.context.addTopic(name, topicIdOf(name))
    const partition = this.context.addPartition(topic, index as PartitionIndex, assigned(ids(...replicas)))
    if (leader !== null) {
      partition.leadership = {
        leader: leader as BrokerId,
        leaderEpoch: 5 as LeaderEpoch,
        inSyncReplicas: ids(...replicas),
        leaderRecoveryState: 'RECOVERED',
        partitionEpoch: 8 as PartitionEpoch,
        controllerEpoch: 2 as ControllerEpoch,
      }
    }
    return partition
  }

  take() {
    const clock = new FakeClock()
    return clock.until(this.batch.take(new Slices({ clock })))
  }

  async lines(): Promise<string[]> {
    return (await this.take()).map((request) => `${request.broker} ${describeRequest(request)}`)
  }
}

describe('RequestBatch', () => {
  it('sends all LeaderAndIsr, then all UpdateMetadata, then all StopReplica', async () => {
    const bench = new Bench()
    const [one, other] = [bench.addPartition('a', 0, [1, 2]), bench.addPartition('b', 3, [2])]
    bench.batch.add({ kind: 'stop-replica', broker: 3 as BrokerId, partition: other, deletes: true })
    bench.batch.add({ kind: 'leader-and-isr', brokers: ids(2, 1), partition: one, isNew: false })
    expect(await bench.lines()).to.deep.equal([
      '2 LeaderAndIsr a-0(1@5 isr 1,2 of 1,2)',
      '1 LeaderAndIsr a-0(1@5 isr 1,2 of 1,2)',
      '1 UpdateMetadata brokers 1,2,3 a-0(1@5 isr 1,2)',
      '2 UpdateMetadata brokers 1,2,3 a-0(1@5 isr 1,2)',
      '3 UpdateMetadata brokers 1,2,3 a-0(1@5 isr 1,2)',
      '3 StopReplica b-3(epoch 5 delete)',
    ])
  })

  it('is empty afterwards', async () => {
    const bench = new Bench()
    bench.batch.add({ kind: 'update-metadata', brokers: ids(1), partitions: [] })
    expect(await bench.lines()).to.have.lengthOf(1)
    expect(await bench.lines()).to.deep.equal([])
  })

  it('tells of the brokers alone where no partition is named', async () => {
    const bench = new Bench()
    bench.batch.add({ kind: 'update-metadata', brokers: ids(2), partitions: [] })
    expect(await bench.lines()).to.deep.equal(['2 UpdateMetadata brokers 1,2,3'])
  })

  it('names each partition once, new and to be deleted if it ever was', async () => {
    const bench = new Bench()
    const partition = bench.addPartition('a', 0, [1, 2])
    for (const isNew of [false, true, false]) {
      bench.batch.add({ kind: 'leader-and-isr', brokers: ids(1), partition, isNew })
    }
    for (const deletes of [true, false]) {
      bench.batch.add({ kind: 'stop-replica', broker: 2 as BrokerId, partition, deletes })
    }
    const lines = await bench.lines()
    expect(lines[0]).to.equal('1 LeaderAndIsr a-0(1@5 isr 1,2 of 1,2 new)')
    expect(lines.at(-1)).to.equal('2 StopReplica a-0(epoch 5 delete)')
  })

  it('leaves out brokers that are not registered, and partitions that never had a leader', async () => {
    const bench = new Bench()
    const [led, never] = [bench.addPartition('a', 0, [1, 9]), bench.addPartition('a', 1, [1], null)]
    bench.batch.add({ kind: 'leader-and-isr', brokers: ids(9), partition: led, isNew: false })
    bench.batch.add({ kind: 'stop-replica', broker: 9 as BrokerId, partition: led, deletes: false })
    bench.batch.add({ kind: 'update-metadata', brokers: ids(1, 9), partitions: [never] })
    expect(await bench.lines()).to.deep.equal([
      '1 UpdateMetadata brokers 1,2,3 a-0(1@5 isr 1,9)',
      '2 UpdateMetadata brokers 1,2,3 a-0(1@5 isr 1,9)',
      '3 UpdateMetadata brokers 1,2,3 a-0(1@5 isr 1,9)',
    ])
  })

  it('says -2 of partitions whose topic is being deleted, and -1 of an unknown epoch', async () => {
    const bench = new Bench()
    const [going, unknown] = [bench.addPartition('going', 0, [1]), bench.addPartition('new', 0, [1], null)]
    bench.context.queueForDeletion(going.topic)
    bench.batch.add({ kind: 'update-metadata', brokers: ids(1), partitions: [going] })
    for (const partition of [going, unknown]) {
      bench.batch.add({ kind: 'stop-replica', broker: 1 as BrokerId, partition, deletes: false })
    }
    const [update, stop] = await bench.take()
    expect(
      update?.api === 'UpdateMetadata' && update.request.topicStates?.[0]?.partitionStates,
    ).to.deep.equal([
      {
        partitionIndex: 0,
        controllerEpoch: 2,
        leader: -2,
        leaderEpoch: 0,
        isr: [1],
        zkVersion: 0,
        replicas: [1],
        offlineReplicas: [],
      },
    ])
    expect(stop && describeRequest(stop)).to.equal('StopReplica going-0(epoch -2) new-0(epoch -1)')
  })

  it('carries epochs, endpoints and everything else that a broker needs', async () => {
    const bench = new Bench()
    const partition = bench.addPartition('a', 0, [1, 2])
    partition.assignment = reassignTo(partition.assignment, ids(1, 3))
    partition.leadership = { ...partition.leadership!, leaderRecoveryState: 'RECOVERING' }
    bench.context.markShuttingDown(3 as BrokerId)
    bench.batch.add({ kind: 'leader-and-isr', brokers: ids(2), partition, isNew: true })
    const [leaderAndIsr, updateMetadata] = await bench.take()
    expect(leaderAndIsr?.request).to.deep.equal({
      controllerId: 1,
      controllerEpoch: 3,
      brokerEpoch: 102,
      topicStates: [
        {
          topicName: 'a',
          topicId: topicIdOf('a'),
          partitionStates: [
            {
              partitionIndex: 0,
              controllerEpoch: 2,
              leader: 1,
              leaderEpoch: 5,
              isr: [1, 2],
              partitionEpoch: 8,
              replicas: [1, 3, 2],
              addingReplicas: [3],
              removingReplicas: [2],
              isNew: true,
              leaderRecoveryState: 1,
            },
          ],
        },
      ],
      liveLeaders: [{ brokerId: 1, hostName: 'b1', port: 9101 }],
    })
    expect(updateMetadata?.request).to.deep.include({ controllerId: 1, controllerEpoch: 3, brokerEpoch: 101 })
    expect(updateMetadata?.api === 'UpdateMetadata' && updateMetadata.request.liveBrokers[1]).to.deep.equal({
      id: 2,
      rack: 'r2',
      endpoints: [
        { host: 'b2', port: 9002, listener: 'EXTERNAL', securityProtocol: 3 },
        { host: 'b2', port: 9102, listener: 'INTERNAL', securityProtocol: 3 },
      ],
    })
    // A replica whose broker shuts down counts as offline.
    expect(
      updateMetadata?.api === 'UpdateMetadata' &&
        updateMetadata.request.topicStates?.[0]?.partitionStates[0]?.offlineReplicas,
    ).to.deep.equal([3])
  })

  it('can be encoded in the versions of inter-broker protocol 3.9', async () => {
    const bench = new Bench()
    const partition = bench.addPartition('a', 0, [1, 2])
    bench.batch.add({ kind: 'leader-and-isr', brokers: ids(2), partition, isNew: true })
    bench.batch.add({ kind: 'stop-replica', broker: 2 as BrokerId, partition, deletes: true })
    const requests = await bench.take()
    expect(new Set(requests.map(({ api }) => api)).size).to.equal(3)
    for (const { api, request } of requests) {
      const writer = new Writer()
      codec(apis[api].request, CONTROL_VERSIONS[api]).encode(writer, request)
      expect(Buffer.concat(writer.takeBuffers()).length).to.be.greaterThan(20)
    }
  })

  it('cuts metadata of very many partitions into several requests, never a LeaderAndIsr', async () => {
    const bench = new Bench()
    const partitions = Array.from({ length: 25_000 }, (_, index) => bench.addPartition('wide', index, [1]))
    for (const partition of partitions) {
      bench.batch.add({ kind: 'leader-and-isr', brokers: ids(1), partition, isNew: false })
    }
    const requests = await bench.take()
    expect(requests.map(({ broker, api, size }) => [broker, api, size])).to.deep.equal([
      [1, 'LeaderAndIsr', 25_000],
      ...[10_000, 10_000, 5000].flatMap((size) =>
        [1, 2, 3].map((broker) => [broker, 'UpdateMetadata', size]),
      ),
    ])
  })
})
