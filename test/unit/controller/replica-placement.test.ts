import { expect } from 'chai'
import {
  alternateRacks,
  MAX_PARTITIONS_PER_TOPIC,
  placeReplicas,
} from '../../../src/controller/replica-placement.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import type { BrokerId } from '../../../src/model/ids.ts'
import { FakeRandom } from '../../fakes/random.ts'

const noRack = (...ids: number[]) => ids.map((id) => ({ id: id as BrokerId, rack: null }))
const withRacks = (racks: Record<number, string | null>) =>
  Object.entries(racks).map(([id, rack]) => ({ id: Number(id) as BrokerId, rack }))
const never = () => {
  throw new Error('no chance needed')
}
const draws = (...values: number[]) => {
  const left = [...values]
  return () => left.shift() ?? never()
}

describe('replica placement', () => {
  it('spreads ten partitions over five brokers as Kafka documents it', () => {
    const placed = placeReplicas({
      brokers: noRack(3, 1, 0, 4, 2),
      partitionCount: 10,
      replicationFactor: 3,
      below: never,
      startIndex: 0,
    })
    expect(placed).to.deep.equal([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 0],
      [4, 0, 1],
      [0, 2, 3],
      [1, 3, 4],
      [2, 4, 0],
      [3, 0, 1],
      [4, 1, 2],
    ])
  })

  it('draws the first broker and the shift of the followers separately', () => {
    const placed = placeReplicas({
      brokers: noRack(1, 2, 3, 4),
      partitionCount: 2,
      replicationFactor: 3,
      below: draws(2, 1),
    })
    expect(placed).to.deep.equal([
      [3, 1, 2],
      [4, 2, 3],
    ])
  })

  it('goes on where the existing partitions end', () => {
    const place = (firstPartition: number, partitionCount: number) =>
      placeReplicas({
        brokers: noRack(0, 1, 2, 3, 4),
        partitionCount,
        replicationFactor: 2,
        below: never,
        startIndex: 1,
        firstPartition,
      })
    expect(place(3, 2)).to.deep.equal([
      [4, 1],
      [0, 2],
    ])
    // A round that has begun counts once: partition 5 opens the second one.
    expect(place(5, 1)).to.deep.equal([[1, 4]])
  })

  it('lets the racks take turns', () => {
    const brokers = withRacks({ 0: 'rack1', 1: 'rack3', 2: 'rack3', 3: 'rack2', 4: 'rack2', 5: 'rack1' })
    expect(alternateRacks(brokers).map((broker) => broker.id)).to.deep.equal([0, 3, 1, 5, 4, 2])
  })

  it('gives every rack a replica as Kafka documents it', () => {
    const placed = placeReplicas({
      brokers: withRacks({ 0: 'rack1', 1: 'rack3', 2: 'rack3', 3: 'rack2', 4: 'rack2', 5: 'rack1' }),
      partitionCount: 12,
      replicationFactor: 3,
      below: never,
      startIndex: 0,
    })
    expect(placed).to.deep.equal([
      [0, 3, 1],
      [3, 1, 5],
      [1, 5, 4],
      [5, 4, 2],
      [4, 2, 0],
      [2, 0, 3],
      [0, 4, 2],
      [3, 2, 0],
      [1, 0, 3],
      [5, 3, 1],
      [4, 1, 5],
      [2, 5, 4],
    ])
  })

  it('spans three racks of one broker each, as seen of Kafka 3.9.1', () => {
    const placed = placeReplicas({
      brokers: withRacks({ 1: 'r1', 2: 'r2', 3: 'r3' }),
      partitionCount: 3,
      replicationFactor: 3,
      below: draws(0, 0),
    })
    expect(placed).to.deep.equal([
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
    ])
  })

  it('uses racks twice when there are fewer racks than replicas', () => {
    const placed = placeReplicas({
      brokers: withRacks({ 1: 'a', 2: 'a', 3: 'b', 4: 'b' }),
      partitionCount: 4,
      replicationFactor: 3,
      below: never,
      startIndex: 0,
    })
    for (const replicas of placed) {
      expect(new Set(replicas).size).to.equal(3)
      expect(replicas.some((id) => id <= 2) && replicas.some((id) => id >= 3)).to.equal(true)
    }
  })

  it('places distinct replicas and balances leaders whatever chance says', () => {
    const random = new FakeRandom('placement')
    for (let round = 0; round < 200; round++) {
      const count = 1 + random.below(9)
      const hasRacks = random.chance(0.5)
      const brokers = Array.from({ length: count }, (_, id) => ({
        id: (id * 3) as BrokerId,
        rack: hasRacks ? `r${random.below(4)}` : null,
      }))
      const replicationFactor = 1 + random.below(count)
      const partitionCount = count * (1 + random.below(4))
      const placed = placeReplicas({
        brokers,
        partitionCount,
        replicationFactor,
        below: (n) => random.below(n),
      })
      const racks = new Set(brokers.map((broker) => broker.rack)).size
      const leaders = new Map<number, number>()
      for (const replicas of placed) {
        expect(new Set(replicas).size).to.equal(replicationFactor)
        leaders.set(replicas[0]!, (leaders.get(replicas[0]!) ?? 0) + 1)
        const used = new Set(replicas.map((id) => brokers.find((broker) => broker.id === id)!.rack)).size
        if (hasRacks) expect(used).to.equal(Math.min(racks, replicationFactor))
      }
      expect([...leaders.values()]).to.deep.equal(Array.from({ length: count }, () => partitionCount / count))
    }
  })

  const refusals: [error: string, message: string, request: Partial<Parameters<typeof placeReplicas>[0]>][] =
    [
      [
        'INVALID_PARTITIONS',
        'Number of partitions must be larger than 0.',
        { partitionCount: 0, replicationFactor: 0 },
      ],
      ['INVALID_PARTITIONS', 'Number of partitions must be larger than 0.', { partitionCount: -2 }],
      [
        'INVALID_PARTITIONS',
        `Number of partitions must not be larger than ${MAX_PARTITIONS_PER_TOPIC}.`,
        { partitionCount: MAX_PARTITIONS_PER_TOPIC + 1 },
      ],
      ['INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0.', { replicationFactor: -2 }],
      [
        'INVALID_REPLICATION_FACTOR',
        'Replication factor: 4 larger than available brokers: 3.',
        { replicationFactor: 4 },
      ],
      [
        'UNKNOWN_SERVER_ERROR',
        'Not all brokers have rack information for replica rack aware assignment.',
        { brokers: withRacks({ 1: 'a', 2: null, 3: 'b' }) },
      ],
    ]
  for (const [error, message, request] of refusals) {
    it(`refuses with ${error}: ${message} (${JSON.stringify(request)})`, () => {
      const place = () =>
        placeReplicas({
          brokers: noRack(1, 2, 3),
          partitionCount: 1,
          replicationFactor: 1,
          below: () => 0,
          ...request,
        })
      expect(place).to.throw(KafkaError, message).with.property('error', error)
    })
  }
})
