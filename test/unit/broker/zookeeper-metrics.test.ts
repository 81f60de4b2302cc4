import { expect } from 'chai'
import { recordSession } from '../../../src/broker/zookeeper-metrics.ts'
import { exposition } from '../../../src/metrics/prometheus.ts'
import { createMetrics } from '../../../src/metrics/registry.ts'
import type { Session, SessionListener, SessionState } from '../../../zk/zookeeper.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { parseExposition } from '../../support/parse-exposition.ts'

/** A session that the test moves; and what is counted of it: connects, disconnects, expiries, refusals. */
function aSession(state: SessionState) {
  const listeners: SessionListener[] = []
  const session: Session = {
    state,
    id: '1' as unknown as Session['id'],
    timeoutMs: 6000,
    deadlineMs: 0,
    listen: (listener) => {
      listeners.push(listener)
      return () => undefined
    },
  }
  const metrics = createMetrics({ clock: new FakeClock() })
  recordSession(metrics, session)
  const move = (...states: readonly SessionState[]): void => {
    for (const next of states) {
      for (const listener of listeners)
        listener.onState?.({
          state: next,
          sessionId: session.id,
          timeoutMs: 6000,
          reason: 'the test says so',
        })
    }
  }
  const counts = (): (number | undefined)[] => {
    const parsed = parseExposition([...exposition(metrics, { includes: () => true })].join(''))
    return ['syncconnects', 'disconnects', 'expires', 'authfailures'].map(
      (name) => parsed.get(`kafka_server_sessionexpirelistener_zookeeper${name}_total`)?.samples[0]?.value,
    )
  }
  return { move, counts }
}

describe('what is counted of the session with ZooKeeper', () => {
  it('the connection that was there before anybody could count', () => {
    expect(aSession('connected').counts()).to.deep.equal([1, 0, 0, 0])
    expect(aSession('connecting').counts()).to.deep.equal([0, 0, 0, 0])
  })

  it('connections that are lost and made again', () => {
    const { move, counts } = aSession('connected')
    move('suspended', 'connected', 'suspended', 'connected')
    expect(counts()).to.deep.equal([3, 2, 0, 0])
  })

  it('the end of a session, and refused credentials', () => {
    const { move, counts } = aSession('connected')
    move('suspended', 'expired', 'connecting', 'auth-failed', 'connecting', 'connected', 'closed')
    expect(counts()).to.deep.equal([2, 1, 1, 1])
  })
})
