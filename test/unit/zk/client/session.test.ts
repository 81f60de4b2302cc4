import { expect } from 'chai'
import { FakeClock } from '../../../fakes/clock.ts'
import { FakeLogger } from '../../../fakes/logger.ts'
import type { ConnectionState } from '../../../../zk/client/connection.ts'
import { ClientSession } from '../../../../zk/client/session.ts'
import type { SessionConnection } from '../../../../zk/client/session.ts'
import type { SessionId } from '../../../../zk/zookeeper.ts'
import { isZooKeeperError } from '../../../../zk/zookeeper.ts'

/** A connection that changes its state when it is told to. */
class PuppetConnection implements SessionConnection {
  state: ConnectionState = 'connecting'
  reason = 'new'
  id: SessionId
  timeoutMs = 6000
  provenMs = 0
  readonly pingMs = -1
  readonly inFlightCount = 0
  readonly queuedCount = 0
  hasStarted = false
  private readonly onState: () => void

  constructor(id: number, onState: () => void) {
    this.id = BigInt(id) as SessionId
    this.onState = onState
  }

  start(): void {
    this.hasStarted = true
  }

  become(state: ConnectionState, provenMs = this.provenMs): void {
    this.state = state
    this.provenMs = provenMs
    this.reason = `made ${state}`
    this.onState()
  }

  close(): Promise<void> {
    if (this.state !== 'expired') this.become('closed')
    return Promise.resolve()
  }

  submit(): void {
    throw new Error('no calls here')
  }

  addWatch(): void {
    throw new Error('no watches here')
  }
}

function aSession() {
  const clock = new FakeClock()
  const logger = new FakeLogger()
  const connections: PuppetConnection[] = []
  const session = new ClientSession({
    clock,
    logger,
    openConnection: (onState) => {
      const connection = new PuppetConnection(connections.length + 1, onState)
      connections.push(connection)
      return connection
    },
  })
  const events: string[] = []
  session.listen({ onState: ({ state, sessionId }) => events.push(`${state} ${sessionId}`) })
  session.start()
  return { clock, logger, connections, session, events }
}

/** Lets everything happen that needs no time. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('ClientSession', () => {
  it('tells of connections that break and are made again', () => {
    const { connections, events, session } = aSession()
    for (const state of ['connected', 'suspended', 'suspended', 'connected', 'connected'] as const) {
      connections[0]?.become(state)
    }
    expect(events).to.deep.equal(['connected 1', 'suspended 1', 'connected 1'])
    expect(session.state).to.equal('connected')
  })

  it('lives for one timeout after the last sign of life', () => {
    const { connections, session } = aSession()
    expect(session.deadlineMs).to.equal(-Infinity)
    connections[0]?.become('connected', 1000)
    expect(session.deadlineMs).to.equal(7000)
    connections[0]?.become('suspended', 2500)
    expect(session.deadlineMs).to.equal(8500)
    connections[0]?.become('expired')
    expect(session.deadlineMs).to.equal(-Infinity)
  })

  it('begins a new one when every listener has finished with the old', async () => {
    const { connections, session, events } = aSession()
    const finish: (() => void)[] = []
    for (let i = 0; i < 2; i++) {
      session.listen({ beforeNewSession: () => new Promise<void>((resolve) => finish.push(resolve)) })
    }
    connections[0]?.become('connected')
    connections[0]?.become('expired')
    await settled()
    finish[0]?.()
    await settled()
    expect(connections).to.have.lengthOf(1)
    finish[1]?.()
    await settled()
    expect(connections).to.have.lengthOf(2)
    expect(connections[1]?.hasStarted).to.equal(true)
    expect(events).to.deep.equal(['connected 1', 'expired 1', 'connecting 2'])
  })

  it('tells of a new session when it is connected, once, and not of the first', async () => {
    const { connections, session } = aSession()
    let told = 0
    session.listen({ afterNewSession: () => void told++ })
    connections[0]?.become('connected')
    await settled()
    expect(told).to.equal(0)
    connections[0]?.become('expired')
    await settled()
    connections[1]?.become('connected')
    connections[1]?.become('suspended')
    connections[1]?.become('connected')
    await settled()
    expect(told).to.equal(1)
  })

  it('does not begin the end of a session before its beginning is through', async () => {
    const { connections, session } = aSession()
    const order: string[] = []
    let finish: () => void = () => undefined
    session.listen({
      beforeNewSession: () => void order.push('before'),
      afterNewSession: async () => {
        order.push('after begins')
        await new Promise<void>((resolve) => (finish = resolve))
        order.push('after ends')
      },
    })
    connections[0]?.become('connected')
    connections[0]?.become('expired')
    await settled()
    connections[1]?.become('connected')
    await settled()
    connections[1]?.become('expired')
    await settled()
    expect(order).to.deep.equal(['before', 'after begins'])
    finish()
    await settled()
    expect(order).to.deep.equal(['before', 'after begins', 'after ends', 'before'])
    expect(connections).to.have.lengthOf(3)
  })

  it('goes on when listeners throw', async () => {
    const { connections, session, logger, events } = aSession()
    session.listen({
      onState: () => {
        throw new Error('one')
      },
      beforeNewSession: () => Promise.reject(new Error('two')),
      afterNewSession: () => {
        throw new Error('three')
      },
    })
    connections[0]?.become('connected')
    connections[0]?.become('expired')
    await settled()
    connections[1]?.become('connected')
    await settled()
    expect(events.at(-1)).to.equal('connected 2')
    const errors = logger.lines.map(({ details }) => (details['error'] as Error | undefined)?.message)
    expect(errors).to.include.members(['one', 'two', 'three'])
  })

  it('forgets a listener that has gone', () => {
    const { connections, session } = aSession()
    const seen: string[] = []
    const stop = session.listen({ onState: ({ state }) => seen.push(state) })
    stop()
    connections[0]?.become('connected')
    expect(seen).to.deep.equal([])
  })

  it('says so when its credentials are refused, and tries again after a second', async () => {
    const { connections, session, clock } = aSession()
    const first = session.connected().catch((error: unknown) => error)
    connections[0]?.become('auth-failed')
    expect(isZooKeeperError(await first, 'AUTH_FAILED')).to.equal(true)
    expect(connections).to.have.lengthOf(1)
    await clock.advance(999)
    expect(connections).to.have.lengthOf(1)
    await clock.advance(2)
    expect(connections).to.have.lengthOf(2)
  })

  it('makes no new session once it is closed, even between two', async () => {
    const { connections, session, events } = aSession()
    let finish: () => void = () => undefined
    session.listen({ beforeNewSession: () => new Promise<void>((resolve) => (finish = resolve)) })
    connections[0]?.become('connected')
    connections[0]?.become('expired')
    await settled()
    await session.close()
    finish()
    await settled()
    expect(connections).to.have.lengthOf(1)
    expect(events).to.deep.equal(['connected 1', 'expired 1', 'closed 1'])
    await session.close()
    expect(events).to.have.lengthOf(3)
  })
})
