import { expect } from 'chai'
import {
  EnsembleProbe,
  parseMntr,
  readCounters,
} from '../../../../../src/cli/offsets/compare/ensemble-health.ts'
import { sleep } from '../../../../../src/platform/clock.ts'
import { FakeNetwork } from '../../../../fakes/network.ts'
import { FakeClock } from '../../../../fakes/clock.ts'
import { ZooKeeperError, type Stat } from '../../../../../zk/zookeeper.ts'

const MNTR = [
  'zk_version\t3.8.0',
  'zk_server_state\tleader',
  'zk_packets_received\t100',
  'zk_cnt_fsynctime\t7',
  'zk_znode_count\t50',
  'zk_approximate_data_size\t4000',
  'zk_outstanding_requests\t2',
].join('\n')

describe('what mntr says', () => {
  it('is a table of numbers; words are left out', () => {
    expect([...(parseMntr(MNTR) ?? [])]).to.deep.equal([
      ['zk_packets_received', 100],
      ['zk_cnt_fsynctime', 7],
      ['zk_znode_count', 50],
      ['zk_approximate_data_size', 4000],
      ['zk_outstanding_requests', 2],
    ])
  })

  it('is nothing from a server that does not allow the word, or has no quorum', () => {
    expect(parseMntr('mntr is not executed because it is not in the whitelist.\n')).to.equal(null)
    expect(parseMntr('This ZooKeeper instance is not currently serving requests\n')).to.equal(null)
  })
})

describe('the counters of an ensemble', () => {
  async function counters(...answers: readonly (string | null)[]) {
    const clock = new FakeClock()
    const network = new FakeNetwork({ scheduler: clock.scheduler })
    for (const [index, answer] of answers.entries()) {
      if (answer === null) continue
      await network.host(`zk${index}`).listen({ host: `zk${index}`, port: 2181 }, (stream) => {
        stream.start({
          onData: () => {
            stream.write([Buffer.from(answer)])
            stream.end()
          },
          onDrain: () => undefined,
          onEnd: () => undefined,
          onClose: () => undefined,
        })
      })
    }
    const servers = answers.map((_, index) => `zk${index}:2181`).join(',')
    return clock.until(readCounters({ clock, network: network.host('cli') }, servers))
  }

  it('sum up what servers do, and take the largest of what all of them hold', async () => {
    const other = MNTR.replace('count\t50', 'count\t48').replace('\t100', '\t11')
    expect(await counters(MNTR, other)).to.deep.equal({
      servers: 2,
      packetsReceived: 111,
      fsyncs: 14,
      znodes: 50,
      dataBytes: 4000,
      outstanding: 2,
    })
  })

  it('do without servers that are down, and without figures that nobody tells', async () => {
    const found = await counters(MNTR.replace('zk_cnt_fsynctime\t7\n', ''), null)
    expect(found).to.include({ servers: 1, fsyncs: null })
  })

  it('are not there when no server tells', async () => {
    expect(await counters('mntr is not executed because it is not in the whitelist.\n', null)).to.equal(null)
  })
})

describe('somebody else on the ensemble', () => {
  it('writes again and again, and hands out what it took since the last time', async () => {
    const clock = new FakeClock()
    const paths: string[] = []
    let tookMs = 5
    const probe = new EnsembleProbe(
      { clock },
      {
        create: (path) => Promise.resolve((paths.push(path), path)),
        set: async () => {
          await sleep(clock, tookMs)
          return {} as Stat
        },
      },
      '/probe',
    )
    await probe.start()
    await clock.advance(1000)
    const first = probe.take()
    expect(first.count).to.be.within(17, 19)
    expect(first.percentile(99)).to.equal(5)
    tookMs = 40
    await clock.advance(1000)
    expect(probe.take().percentile(50)).to.equal(40)
    await clock.until(probe.stop())
    expect(paths).to.deep.equal(['/probe'])
    expect(clock.pendingTimers).to.equal(0)
  })

  it('measures nothing while servers change places, and makes its znode again in a new session', async () => {
    const clock = new FakeClock()
    const paths: string[] = []
    const failures = ['UNKNOWN_OUTCOME', 'NO_NODE'] as const
    let asked = 0
    const probe = new EnsembleProbe(
      { clock },
      {
        create: (path) => Promise.resolve((paths.push(path), path)),
        set: (path) => {
          const error = failures[asked++]
          return error === undefined
            ? Promise.resolve({} as Stat)
            : Promise.reject(new ZooKeeperError(error, path))
        },
      },
      '/probe',
    )
    await probe.start()
    await clock.advance(99)
    expect(probe.take().count).to.equal(0)
    await clock.advance(10)
    expect(probe.take().count).to.equal(1)
    expect(paths).to.deep.equal(['/probe', '/probe'])
    await clock.until(probe.stop())
  })
})
