import { expect } from 'chai'
import { type HealthCheck, healthRoutes, type HealthReport } from '../../../src/http/health.ts'
import { HttpError, type HttpAnswer, type HttpRequest } from '../../../src/http/route.ts'
import { FAKE_EPOCH_MS, FakeClock } from '../../fakes/clock.ts'

function aHealthSide() {
  const clock = new FakeClock()
  const checks: Record<'live' | 'started' | 'ready' | 'inSync', HealthCheck[]> = {
    live: [],
    started: [{ name: 'logs', ok: true }],
    ready: [{ name: 'zookeeper', ok: true }],
    inSync: [{ name: 'replicas', ok: true }],
  }
  const loop = { delayMs: 0 }
  const routes = healthRoutes({
    clock,
    source: {
      live: () => checks.live,
      started: () => checks.started,
      ready: () => checks.ready,
      inSync: () => checks.inSync,
    },
    eventLoopDelayMs: () => loop.delayMs,
  })
  const get = async (path: string, query: HttpRequest['query'] = {}) => {
    const answer: HttpAnswer = await routes.find((route) => route.path === path)!.answer({ path, query })
    expect(answer.contentType).to.match(/^application\/json/)
    return { status: answer.status, report: JSON.parse(answer.body as string) as HealthReport }
  }
  return { clock, checks, loop, get }
}

const at = (ms: number): string => new Date(FAKE_EPOCH_MS + ms).toISOString()

describe('health', () => {
  it('answers 200 with every check when all hold', async () => {
    const { get, checks } = aHealthSide()
    checks.ready = [
      { name: 'zookeeper', ok: true, why: 'session 0x1 connected' },
      { name: 'registered', ok: true },
    ]
    const { status, report } = await get('/readyz')
    expect(status).to.equal(200)
    expect(report).to.deep.equal({
      status: 'ok',
      since: at(0),
      checks: [
        { name: 'zookeeper', status: 'ok', why: 'session 0x1 connected', since: at(0) },
        { name: 'registered', status: 'ok', since: at(0) },
      ],
    })
  })

  it('answers 503 and says why when one does not', async () => {
    const { get, checks } = aHealthSide()
    checks.ready.push({ name: 'registered', ok: false, why: 'another broker has the id' })
    const { status, report } = await get('/readyz')
    expect(status).to.equal(503)
    expect(report.status).to.equal('failing')
    expect(report.checks.map((check) => check.status)).to.deep.equal(['ok', 'failing'])
    expect(report.checks[1]?.why).to.equal('another broker has the id')
  })

  it('asks about in-sync replicas only where it is asked to', async () => {
    const { get, checks } = aHealthSide()
    checks.inSync = [{ name: 'replicas', ok: false, why: '2 of 7 are not in sync' }]
    expect((await get('/readyz')).status).to.equal(200)
    expect((await get('/readyz', { isr: '0' })).status).to.equal(200)
    for (const isr of ['1', 'true', '']) {
      const { status, report } = await get('/readyz', { isr })
      expect(status).to.equal(503)
      expect(report.checks.map((check) => check.name)).to.deep.equal(['zookeeper', 'replicas'])
    }
  })

  for (const isr of ['yes', ['1', '0']]) {
    it(`refuses isr=${JSON.stringify(isr)}`, async () => {
      const { get } = aHealthSide()
      const error = await get('/readyz', { isr }).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(HttpError).and.to.have.property('status', 400)
    })
  }

  it('is not alive when the event loop is held for a second', async () => {
    const { get, loop } = aHealthSide()
    loop.delayMs = 999
    expect((await get('/healthz')).status).to.equal(200)
    loop.delayMs = 1_000
    const { status, report } = await get('/healthz')
    expect(status).to.equal(503)
    expect(report.checks[0]).to.include({
      name: 'event-loop',
      status: 'failing',
      why: 'held for at most 1000 ms lately',
    })
  })

  it('is not alive when the broker says so', async () => {
    const { get, checks } = aHealthSide()
    checks.live = [{ name: 'controller-queue', ok: false }]
    expect((await get('/healthz')).status).to.equal(503)
  })

  it('has finished start-up when its checks hold', async () => {
    const { get, checks } = aHealthSide()
    checks.started = [{ name: 'logs', ok: false, why: '3 of 10 recovered' }]
    expect((await get('/startupz')).status).to.equal(503)
    checks.started = [{ name: 'logs', ok: true }]
    expect((await get('/startupz')).status).to.equal(200)
  })

  it('dates a change from the answer that first showed it', async () => {
    const { get, checks, clock } = aHealthSide()
    await get('/readyz')
    await clock.advance(1_000)
    checks.ready = [{ name: 'zookeeper', ok: false }]
    expect((await get('/readyz')).report.since).to.equal(at(1_000))
    await clock.advance(1_000)
    expect((await get('/readyz')).report.since).to.equal(at(1_000))
    checks.ready = [{ name: 'zookeeper', ok: true }]
    expect((await get('/readyz')).report.since).to.equal(at(2_000))
  })

  it('believes a check that knows its date', async () => {
    const { get, checks } = aHealthSide()
    checks.ready = [{ name: 'zookeeper', ok: false, sinceMs: FAKE_EPOCH_MS - 5_000 }]
    expect((await get('/readyz')).report.checks[0]?.since).to.equal(at(-5_000))
  })

  it('is failing since the oldest failure, and well since the youngest recovery', async () => {
    const { get, checks } = aHealthSide()
    const check = (name: string, ok: boolean, sinceMs: number): HealthCheck => ({
      name,
      ok,
      sinceMs: FAKE_EPOCH_MS + sinceMs,
    })
    checks.ready = [check('a', false, -30), check('b', false, -20), check('c', true, -90)]
    expect((await get('/readyz')).report.since).to.equal(at(-30))
    checks.ready = [check('a', true, -30), check('b', true, -20), check('c', true, -90)]
    expect((await get('/readyz')).report.since).to.equal(at(-20))
  })

  it('keeps the dates of different probes apart', async () => {
    const { get, checks, clock } = aHealthSide()
    checks.started = checks.ready = [{ name: 'same', ok: true }]
    await get('/readyz')
    await clock.advance(1_000)
    expect((await get('/startupz')).report.since).to.equal(at(1_000))
    expect((await get('/readyz')).report.since).to.equal(at(0))
  })

  it('is well where there is nothing to check', async () => {
    const { get, checks } = aHealthSide()
    checks.started = []
    expect((await get('/startupz')).report).to.deep.equal({ status: 'ok', since: at(0), checks: [] })
  })
})
