import { expect } from 'chai'
import { FakeClock } from '../../../fakes/clock.ts'
import { Scheduler } from '../../../fakes/scheduler.ts'
import { SimulatedProcess } from '../../../fakes/simulated-process.ts'
import { Heartbeat } from '../../../../zk/client/heartbeat.ts'
import { judgeSilence } from '../../../../zk/client/liveness.ts'

const TIMEOUT_MS = 9000
const THIRD_MS = 3000

describe('judgeSilence', () => {
  const now = 100_000
  for (const [what, lastHeardMs, lastSentMs, waitingSinceMs, verdict] of [
    ['busy', now, now, now, 'alive'],
    ['idle for less than a third', now - 2999, now - 2999, Infinity, 'alive'],
    ['idle for a third', now - THIRD_MS, now - THIRD_MS, Infinity, 'ping'],
    ['only listening for a third', now, now - THIRD_MS, Infinity, 'ping'],
    ['only sending for a third', now - THIRD_MS, now, now - 100, 'ping'],
    [
      'silent for two thirds, after a request a third ago',
      now - 6000,
      now - THIRD_MS,
      now - THIRD_MS,
      'dead',
    ],
    ['silent because we asked nothing: our own pause', now - 50_000, now - 50_000, Infinity, 'ping'],
    ['silent because we only just asked again', now - 50_000, now - 10, now - 10, 'ping'],
    ['slow with one request while it answers others', now - 10, now, now - 9000, 'alive'],
    ['never answering one request, whatever else it answers', now, now, now - 18_000, 'dead'],
  ] as const) {
    it(`finds a server that is ${what} ${verdict}`, () => {
      const silence = { nowMs: now, lastHeardMs, lastSentMs, waitingSinceMs, timeoutMs: TIMEOUT_MS }
      expect(judgeSilence(silence)).to.equal(verdict)
    })
  }
})

describe('Heartbeat', () => {
  function beating(overrides: Partial<ConstructorParameters<typeof Heartbeat>[2]> = {}) {
    const scheduler = new Scheduler()
    const process = new SimulatedProcess(scheduler, 'client')
    const clock = new FakeClock({ scheduler, process })
    const events: string[] = []
    const at = () => Math.round(clock.monotonicMs())
    const heartbeat: Heartbeat = new Heartbeat(clock, TIMEOUT_MS, {
      waitingSinceMs: () => Infinity,
      nextDeadlineMs: () => Infinity,
      onBeat: () => undefined,
      sendPing: () => events.push(`ping ${at()}`),
      onDead: () => {
        events.push(`dead ${at()}`)
        heartbeat.disconnected()
      },
      ...overrides,
    })
    heartbeat.start()
    return { clock, process, events, heartbeat }
  }

  it('pings after each third without a word', async () => {
    const { clock, events, heartbeat } = beating()
    heartbeat.connected(0, 0)
    for (let i = 0; i < 3; i++) {
      await clock.advance(3100)
      heartbeat.pingAnswered(clock.monotonicMs())
    }
    heartbeat.stop()
    expect(events.map((event) => event.slice(0, 4))).to.deep.equal(['ping', 'ping', 'ping'])
    expect(clock.pendingTimers).to.equal(0)
  })

  it('sees a silent server after two thirds', async () => {
    const { clock, events, heartbeat } = beating()
    heartbeat.connected(0, 0)
    await clock.advance(20_000)
    heartbeat.stop()
    expect(events).to.deep.equal(['ping 3000', 'dead 6000'])
  })

  it('does not blame the server for a pause of our own', async () => {
    const { clock, process, events, heartbeat } = beating()
    heartbeat.connected(0, 0)
    await clock.advance(1000)
    process.freeze()
    await clock.advance(50_000)
    process.thaw()
    await clock.advance(1000)
    expect(events).to.deep.equal(['ping 51000'])
    heartbeat.pingAnswered(52_000)
    await clock.advance(2000)
    expect(events).to.deep.equal(['ping 51000', 'ping 54000'])
    heartbeat.stop()
  })

  it('counts the life of the session from when an answered request was sent', async () => {
    const { clock, heartbeat } = beating()
    heartbeat.connected(100, 150)
    expect(heartbeat.provenMs).to.equal(100)
    await clock.advance(1000)
    heartbeat.answered(900, 1000)
    expect(heartbeat.provenMs).to.equal(900)
    heartbeat.answered(500, 1001)
    expect(heartbeat.provenMs).to.equal(900)
    heartbeat.stop()
  })

  it('measures how long a ping takes', async () => {
    const { clock, heartbeat } = beating()
    heartbeat.connected(0, 0)
    await clock.advance(3000)
    await clock.advance(7)
    heartbeat.pingAnswered(3007)
    expect(heartbeat.pingMs).to.be.within(6.9, 7.1)
    heartbeat.pingAnswered(9999)
    expect(heartbeat.pingMs).to.be.within(6.9, 7.1)
    heartbeat.stop()
  })

  it('wakes at the deadlines of calls, connected or not', async () => {
    const beats: number[] = []
    let deadlineMs = 2000
    const { clock, heartbeat } = beating({
      nextDeadlineMs: () => deadlineMs,
      onBeat: (nowMs) => {
        beats.push(Math.round(nowMs))
        if (nowMs >= deadlineMs) deadlineMs = Infinity
      },
    })
    await clock.advance(4000)
    heartbeat.stop()
    expect(beats).to.deep.equal([1500, 2000, 3500])
  })
})
