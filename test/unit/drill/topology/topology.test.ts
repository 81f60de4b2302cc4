import { expect } from 'chai'
import { catalogue } from '../../../../src/drill/catalogue/catalogue.ts'
import { cloneOf, FORMAT, parseTopology, type Topology } from '../../../../src/drill/topology/topology.ts'
import { present } from '../../../../src/std/assert.ts'

const drill = present(catalogue['broker-crash'], 'broker-crash')

const topology = (changes: Partial<Topology> = {}): Topology => ({
  format: FORMAT,
  exportedAt: '2026-01-01T00:00:00.000Z',
  clusterId: 'id',
  brokers: [101, 102, 103, 104, 105, 106].map((id, index) => ({ id, rack: `az-${index % 3}` })),
  brokerConfig: {},
  topics: [
    {
      name: 'orders',
      partitions: [
        [101, 102, 103],
        [104, 105, 106],
      ],
      config: { 'min.insync.replicas': '2', 'leader.replication.throttled.replicas': '*' },
    },
    { name: '__consumer_offsets', partitions: [[101]], config: {} },
  ],
  ...changes,
})

const topicsOf = (of: Topology) => cloneOf(of, drill).extensions[0].sandbox.topics ?? []

describe('a scaled clone of a topology', () => {
  it('has as many brokers as the drill, in the racks of the original', () => {
    expect(cloneOf(topology(), drill).extensions[0].sandbox.racks).to.deep.equal(['az-0', 'az-1', 'az-2'])
  })

  it('puts brokers of one rack on one broker, so that replicas stay apart as they were', () => {
    expect(topicsOf(topology())[0]?.assignment).to.deep.equal([
      [1, 2, 3],
      [1, 2, 3],
    ])
  })

  it('keeps as many replicas as there were when two of them fall together', () => {
    const brokers = [1, 2, 3, 4].map((id) => ({ id, rack: null }))
    const [topic] = topicsOf(topology({ brokers, topics: [{ name: 't', partitions: [[1, 4]], config: {} }] }))
    expect(new Set(topic?.assignment[0]).size).to.equal(2)
  })

  it('leaves out topics that brokers make themselves, and settings that belong to another time', () => {
    const topics = topicsOf(topology())
    expect(topics.map(({ name }) => name)).to.deep.equal(['orders'])
    expect(topics[0]?.config).to.deep.equal({ 'min.insync.replicas': '2' })
  })

  it('is bounded, the largest topics first', () => {
    const topics = Array.from({ length: 50 }, (_, index) => ({
      name: `t${index}`,
      partitions: Array.from({ length: index + 1 }, () => [101]),
      config: {},
    }))
    const scaled = topicsOf(topology({ topics }))
    expect(scaled[0]?.name).to.equal('t49')
    expect(scaled.reduce((sum, { assignment }) => sum + assignment.length, 0)).to.equal(120)
  })

  for (const [what, text] of [
    ['no JSON', '{'],
    ['something else', '{"format":"x"}'],
    ['no brokers', JSON.stringify(topology({ brokers: [] }))],
    [
      'replicas that are no ids',
      JSON.stringify({ ...topology(), topics: [{ name: 'x', partitions: [['a']] }] }),
    ],
    ['null', 'null'],
  ] as const)
    it(`is not made of ${what}`, () => {
      expect(parseTopology(text)).to.have.property('problem')
    })
})
