import { expect } from 'chai'
import { ZERO_UUID } from '../../../src/model/uuid.ts'
import {
  FetchSession,
  nextSessionEpoch,
  type FetchNews,
  type FetchPartition,
} from '../../../src/replication/fetch-session.ts'
import { FetchSessionCache } from '../../../src/replication/fetch-session-cache.ts'
import { FakeRandom } from '../../fakes/random.ts'

const wanted = (topic: string, partition: number, fetchOffset = 0): FetchPartition => ({
  topicId: ZERO_UUID,
  topic,
  partition,
  fetchOffset,
  maxBytes: 1000,
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
  logStartOffset: -1,
})

const news = (changes: Partial<FetchNews> = {}): FetchNews => ({
  hasError: false,
  sizeBytes: 0,
  highWatermark: 10,
  logStartOffset: 0,
  isDiverging: false,
  hasPreferredReplica: false,
  ...changes,
})

function aSession(...partitions: FetchPartition[]): FetchSession {
  const session = new FetchSession({ id: 1, isPrivileged: false, usesTopicIds: false, nowMs: 0 })
  session.update(partitions, [])
  return session
}

describe('FetchSession', () => {
  it('counts epochs from 1 and never comes back to 0', () => {
    expect([0, 1, 0x7fffffff, -1].map(nextSessionEpoch)).to.deep.equal([1, 2, 1, -1])
  })

  it('tells of a partition the first time, then only of what changed', () => {
    const partition = wanted('t', 0)
    const session = aSession(partition)
    const told = [
      news(),
      news(),
      news({ highWatermark: 11 }),
      news({ highWatermark: 11 }),
      news({ highWatermark: 11, logStartOffset: 3 }),
      news({ highWatermark: 11, logStartOffset: 3, sizeBytes: 5 }),
      news({ highWatermark: 11, logStartOffset: 3, isDiverging: true }),
      news({ highWatermark: 11, logStartOffset: 3, hasPreferredReplica: true }),
      news({ highWatermark: 11, logStartOffset: 3 }),
    ].map((item) => session.tell(partition, item))
    expect(told).to.deep.equal([true, false, true, false, true, true, true, true, false])
  })

  it('tells of an error every time, and of its end', () => {
    const partition = wanted('t', 0)
    const session = aSession(partition)
    const told = [news(), news({ hasError: true }), news({ hasError: true }), news(), news()].map((item) =>
      session.tell(partition, item),
    )
    expect(told).to.deep.equal([true, true, true, true, false])
  })

  it('serves who got data last next time', () => {
    const [a, b, c] = [wanted('a', 0), wanted('b', 0), wanted('c', 0)] as const
    const session = aSession(a, b, c)
    session.tell(a, news({ sizeBytes: 10 }))
    session.tell(b, news())
    session.tell(c, news())
    // Telling alone moves nobody: in a full fetch the reader's own order stands.
    expect([...session.partitions.keys()]).to.deep.equal(['a-0', 'b-0', 'c-0'])
    session.serveLast(a)
    expect([...session.partitions.keys()]).to.deep.equal(['b-0', 'c-0', 'a-0'])
  })

  it('takes over changed offsets in place, adds at the end, forgets what is no longer wanted', () => {
    const session = aSession(wanted('a', 0), wanted('b', 0))
    session.update([wanted('a', 0, 7), wanted('c', 1)], [{ topicId: ZERO_UUID, topic: 'b', partition: 0 }])
    expect(
      [...session.partitions].map(
        ([
          key,
          {
            wanted: { fetchOffset },
          },
        ]) => `${key}@${fetchOffset}`,
      ),
    ).to.deep.equal(['a-0@7', 'c-1@0'])
  })
})

describe('FetchSessionCache', () => {
  const cacheOf = (slots: number) => new FetchSessionCache({ slots, random: new FakeRandom('sessions') })
  const consumer = { isPrivileged: false, usesTopicIds: true, partitionCount: 5 }
  const follower = { ...consumer, isPrivileged: true }
  const create = (cache: FetchSessionCache, kind: typeof consumer, nowMs: number) => {
    const session = cache.create({ ...kind, nowMs })
    session?.update(
      Array.from({ length: kind.partitionCount }, (_, i) => wanted('t', i)),
      [],
    )
    return session
  }

  it('has a session for a reader of nothing, too: it may want something later', () => {
    const cache = cacheOf(10)
    const session = cache.create({ ...consumer, partitionCount: 0, nowMs: 0 })
    expect(session?.partitions.size).to.equal(0)
    expect(cache.get(session?.id ?? 0)).to.equal(session)
  })

  it('has none without places', () => {
    expect(cacheOf(0).create({ ...consumer, nowMs: 0 })).to.equal(null)
  })

  it('refuses a newcomer while all places are in use and young', () => {
    const cache = cacheOf(2)
    create(cache, consumer, 0)
    create(cache, consumer, 0)
    expect(create(cache, consumer, 1000)).to.equal(null)
    expect(cache.size).to.equal(2)
  })

  it('gives the place of the longest idle session away after two minutes', () => {
    const cache = cacheOf(2)
    const first = create(cache, consumer, 0)!
    const second = create(cache, consumer, 0)!
    cache.touch(first, 100_000)
    expect(create(cache, consumer, 120_001)).to.not.equal(null)
    expect(cache.get(first.id)).to.equal(first)
    expect(cache.get(second.id)).to.equal(null)
    expect(cache.evictions).to.equal(1)
  })

  it("lets a follower have a consumer's place at once, but not another follower's", () => {
    const cache = cacheOf(2)
    create(cache, follower, 0)
    const victim = create(cache, consumer, 0)!
    expect(create(cache, follower, 1)).to.not.equal(null)
    expect(cache.get(victim.id)).to.equal(null)
    expect(create(cache, follower, 2)).to.equal(null)
  })

  it('gives an old session in use away to a larger one only', () => {
    const cache = cacheOf(1)
    const old = create(cache, consumer, 0)!
    cache.touch(old, 130_000)
    expect(create(cache, { ...consumer, partitionCount: 4 }, 130_001)).to.equal(null)
    expect(create(cache, { ...consumer, partitionCount: 6 }, 130_001)).to.not.equal(null)
  })
})
