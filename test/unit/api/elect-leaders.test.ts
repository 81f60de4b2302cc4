import { expect } from 'chai'
import { electLeaders } from '../../../src/api/elect-leaders.ts'
import type { ElectionOutcome } from '../../../src/controller/requests.ts'
import { MetadataCache } from '../../../src/metadata/metadata-cache.ts'
import { errorName, KafkaError } from '../../../src/model/errors.ts'
import type { BrokerId, PartitionIndex } from '../../../src/model/ids.ts'
import type { TopicPartition } from '../../../src/model/topic-partition.ts'
import { Purgatory } from '../../../src/purgatory/purgatory.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { call } from '../../support/handler-call.ts'
import { tellOfTopic } from '../../support/metadata.ts'

const elected = (leader: number): ElectionOutcome => ({
  topic: 'orders',
  partition: 0 as PartitionIndex,
  leader: leader as BrokerId,
  error: 'NONE',
  message: null,
})

describe('ElectLeaders', () => {
  const clock = new FakeClock()
  let cache: MetadataCache
  let topics: Purgatory
  let asked: { kind: string; partitions: readonly TopicPartition[] | null } | null

  beforeEach(() => {
    cache = new MetadataCache()
    topics = new Purgatory({ clock })
    asked = null
    tellOfTopic(cache, 'orders', [[1, 2]])
  })

  async function ask(
    outcome: readonly ElectionOutcome[] | KafkaError,
    changes: { electionType?: number; partitions?: number[] | null; timeoutMs?: number } = {},
  ) {
    const controller = {
      electLeaders: (kind: string, partitions: readonly TopicPartition[] | null) => {
        asked = { kind, partitions }
        return outcome instanceof KafkaError ? Promise.reject(outcome) : Promise.resolve([...outcome])
      },
    }
    const { electionType = 0, partitions = [0], timeoutMs = 100 } = changes
    const answer = await call('ElectLeaders', electLeaders({ controller, cache, topics }), {
      electionType,
      topicPartitions: partitions === null ? null : [{ topic: 'orders', partitions }],
      timeoutMs,
    })
    const results = answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(({ partitionId, errorCode }) => `${topic}-${partitionId}: ${errorName(errorCode)}`),
    )
    return { error: errorName(answer.errorCode), results }
  }

  it('answers when this broker knows of the new leader', async () => {
    expect(await ask([elected(1)])).to.deep.equal({ error: 'NONE', results: ['orders-0: NONE'] })
    expect(asked).to.deep.equal({ kind: 'preferred', partitions: [{ topic: 'orders', partition: 0 }] })
  })

  it('waits until it does', async () => {
    const answer = ask([elected(2)])
    await clock.advance(10)
    tellOfTopic(cache, 'orders', [[2, 1]])
    topics.check('orders')
    expect((await clock.until(answer)).results).to.deep.equal(['orders-0: NONE'])
  })

  it('says when time is up that it does not', async () => {
    const { results } = await clock.until(ask([elected(2)]))
    expect(results).to.deep.equal(['orders-0: REQUEST_TIMED_OUT'])
  })

  it('tells why nobody was elected', async () => {
    const outcome: ElectionOutcome = { ...elected(1), leader: null, error: 'ELECTION_NOT_NEEDED' }
    expect((await ask([outcome])).results).to.deep.equal(['orders-0: ELECTION_NOT_NEEDED'])
  })

  it('asks once for a partition that is named twice', async () => {
    await ask([elected(1)], { partitions: [0, 0], electionType: 1 })
    expect(asked).to.deep.equal({ kind: 'unclean', partitions: [{ topic: 'orders', partition: 0 }] })
  })

  it('asks for all partitions when none is named', async () => {
    await ask([], { partitions: null })
    expect(asked?.partitions).to.equal(null)
  })

  it('does not know a third kind of election', async () => {
    expect(await ask([], { electionType: 7 })).to.deep.equal({
      error: 'UNKNOWN_SERVER_ERROR',
      results: ['orders-0: UNKNOWN_SERVER_ERROR'],
    })
    expect(asked).to.equal(null)
  })

  it('says for each partition that this broker does not control the cluster', async () => {
    const { error, results } = await ask(new KafkaError('NOT_CONTROLLER'), { partitions: null })
    expect([error, results]).to.deep.equal(['NONE', ['orders-0: NOT_CONTROLLER']])
  })
})
