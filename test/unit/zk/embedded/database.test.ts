import { expect } from 'chai'
import fc from 'fast-check'

import type { Actor } from '../../../../zk/embedded/access.ts'
import { CONTAINER } from '../../../../zk/embedded/data-tree.ts'
import { Database } from '../../../../zk/embedded/database.ts'
import type { TreeOperation } from '../../../../zk/embedded/operations.ts'
import type { Transaction } from '../../../../zk/embedded/transaction.ts'
import type { SessionId } from '../../../../zk/zookeeper.ts'
import { ANY_VERSION, OPEN_ACL } from '../../../../zk/zookeeper.ts'
import { NaiveTree } from './naive-tree.ts'

const actor: Actor = { sessionId: 1n, identities: [] }
const create = (path: string, flags = 0): TreeOperation => ({
  kind: 'create',
  path,
  data: null,
  acl: OPEN_ACL,
  flags,
})
const set = (path: string, version = ANY_VERSION): TreeOperation => ({
  kind: 'set',
  path,
  data: null,
  version,
})
const session = (id: bigint) => ({
  id: id as SessionId,
  timeoutMs: 4000,
  password: Buffer.alloc(16, Number(id)),
})

function aDatabase(): { database: Database; history: Transaction[] } {
  const history: Transaction[] = []
  return { database: Database.empty(1000, (transaction) => history.push(transaction)), history }
}

/** Everything that a database knows, in a form that can be compared. */
function picture({ tree, sessions, zxid }: Database): unknown {
  const paths = tree.capture().paths.toSorted()
  return {
    zxid,
    nodes: paths.map((path) => [path, tree.get(path), tree.childNames(path).toSorted()]),
    sessions: [...sessions.records()],
    bytes: tree.approximateBytes,
  }
}

describe('database', () => {
  it('takes one zxid for each transaction, whatever becomes of it', () => {
    const { database, history } = aDatabase()
    database.openSession(session(1n), 0, 0)
    expect(database.write(actor, [create('/a'), create('/a/b')], 0)).to.include({ kind: 'done', zxid: 2 })
    expect(database.write(actor, [create('/a')], 0)).to.deep.equal({
      kind: 'refused',
      zxid: 3,
      error: 'NODE_EXISTS',
      index: 0,
    })
    expect(database.write(actor, [], 0)).to.include({ kind: 'done', zxid: 4 })
    expect(database.refuse(0)).to.equal(5)
    database.closeSession(session(1n).id, 0)
    expect(database.zxid).to.equal(6)
    expect(history.map(({ zxid, kind }) => `${zxid} ${kind}`)).to.deep.equal([
      ...['1 open-session', '2 changes', '3 nothing', '4 changes', '5 nothing', '6 close-session'],
    ])
  })

  it('does all operations or none, and says which was to blame', () => {
    const { database } = aDatabase()
    database.write(actor, [create('/a')], 0)
    const { nodes } = picture(database) as { nodes: unknown }
    const outcome = database.write(
      actor,
      [create('/b'), set('/a'), create('/a/s', 2), set('/a', 0), create('/c')],
      0,
    )
    expect(outcome).to.include({ kind: 'refused', error: 'BAD_VERSION', index: 3 })
    expect((picture(database) as { nodes: unknown }).nodes).to.deep.equal(nodes)
  })

  it('lets operations see those before them', () => {
    const { database } = aDatabase()
    const outcome = database.write(
      actor,
      [
        create('/a'),
        set('/a', 0),
        { kind: 'check', path: '/a', version: 1 },
        create('/a/s', 2),
        create('/a/s', 2),
      ],
      0,
    )
    expect(outcome.kind).to.equal('done')
    expect(database.tree.childNames('/a')).to.deep.equal(['s0000000000', 's0000000001'])
  })

  it('logs no checks', () => {
    const { database, history } = aDatabase()
    database.write(actor, [{ kind: 'check', path: '/', version: 0 }], 0)
    expect(history[0]).to.deep.include({ kind: 'changes', changes: [] })
  })

  it('deletes the ephemerals of a session with it, in one transaction', () => {
    const { database } = aDatabase()
    database.openSession(session(1n), 0, 0)
    database.write(actor, [create('/kept')], 0)
    database.write(actor, [create('/kept/e', 1), create('/e', 1)], 0)
    const changes = database.closeSession(session(1n).id, 0)
    expect(changes.map(({ kind, path }) => `${kind} ${path}`)).to.deep.equal(['delete /kept/e', 'delete /e'])
    expect(database.tree.get('/kept')?.pzxid).to.equal(4)
    expect(database.tree.nodeCount).to.equal(5)
    expect(database.sessions.count).to.equal(0)
  })

  it('deletes a container, unless it has a child again', () => {
    const { database } = aDatabase()
    database.write(actor, [create('/c', 4), create('/d', 4), create('/d/a')], 0)
    expect(database.tree.get('/c')?.owner).to.equal(CONTAINER)
    expect(database.deleteContainer('/c', 0)).to.have.lengthOf(1)
    expect(database.deleteContainer('/d', 0)).to.deep.equal([])
    expect(database.tree.childNames('/')).to.deep.equal(['zookeeper', 'd'])
  })

  it('does not replay a transaction out of turn', () => {
    const { history, database } = aDatabase()
    for (const path of ['/a', '/b']) database.write(actor, [create(path)], 0)
    const copy = aDatabase().database
    expect(() => copy.replay(history[1]!, 0)).to.throw('transaction 2 after 0')
  })

  describe('under any history', () => {
    const path = fc.constantFrom('/a', '/b', '/a/x', '/a/y', '/b/x', '/a/x/1', '/', '/zookeeper', '/nope/x')
    const version = fc.constantFrom(ANY_VERSION, ANY_VERSION, 0, 1, 2)
    const data = fc.constantFrom(null, Buffer.from('one'), Buffer.from('other'))
    const operation: fc.Arbitrary<TreeOperation> = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('create' as const),
          path,
          data,
          acl: fc.constant(OPEN_ACL),
          flags: fc.constantFrom(0, 0, 1, 2, 3, 4),
        }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), path, version }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), path, data, version }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('check' as const), path, version }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('set-acl' as const),
          path,
          acl: fc.constant(OPEN_ACL),
          version,
        }),
      },
    )
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.array(operation, { minLength: 1, maxLength: 4 }) },
      { weight: 1, arbitrary: fc.constant('reopen' as const) },
    )

    it('has the same znodes as a naive model, and answers as it does', () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const { database } = aDatabase()
          const model = new NaiveTree()
          database.openSession(session(1n), 0, 0)
          model.zxid++
          for (const [index, one] of steps.entries()) {
            const timeMs = 10 * index
            if (one === 'reopen') {
              database.closeSession(session(1n).id, timeMs)
              model.closeSession(1n)
              database.openSession(session(1n), timeMs, 0)
              model.zxid++
            } else {
              const outcome = database.write(actor, one, timeMs)
              const expected = model.write(1n, one, timeMs)
              expect(outcome.kind === 'done' ? 'done' : `${outcome.index} ${outcome.error}`).to.equal(
                expected,
              )
            }
            expect(database.zxid).to.equal(model.zxid)
            expect(model.differenceFrom(database.tree)).to.deep.equal([])
          }
        }),
        { numRuns: 300 },
      )
    })

    it('is what a replay of its transactions makes', () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
          const { database, history } = aDatabase()
          database.openSession(session(1n), 0, 0)
          for (const [index, one] of steps.entries()) {
            if (one !== 'reopen') database.write(actor, one, index)
            else {
              database.closeSession(session(1n).id, index)
              database.openSession(session(1n), index, 0)
            }
          }
          const copy = aDatabase().database
          for (const transaction of history) copy.replay(transaction, 0)
          expect(picture(copy)).to.deep.equal(picture(database))
        }),
        { numRuns: 200 },
      )
    })
  })
})
