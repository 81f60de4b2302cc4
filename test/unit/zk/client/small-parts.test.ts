import { expect } from 'chai'
import { FakeRandom } from '../../../fakes/random.ts'
import { installedPackage, packageFault } from '../../../../zk/client/package-check.ts'
import { ServerList } from '../../../../zk/client/server-list.ts'
import { WatchTable } from '../../../../zk/client/watch-table.ts'
import type { WatchEvent } from '../../../../zk/zookeeper.ts'

const servers = (...names: string[]) => names.map((host) => ({ host, port: 2181 }))

describe('ServerList', () => {
  it('tries all servers once without waiting, then waits longer each time', () => {
    const list = new ServerList(servers('a', 'b', 'c'), new FakeRandom('seed'))
    const attempts = Array.from({ length: 12 }, () => list.next())
    expect(new Set(attempts.slice(0, 3).map(({ server }) => server.host))).to.deep.equal(
      new Set(['a', 'b', 'c']),
    )
    const delays = attempts.map(({ delayMs }) => delayMs)
    expect(delays.slice(0, 3)).to.deep.equal([0, 0, 0])
    for (const [i, ceiling] of [100, 200, 400, 800, 1000, 1000, 1000].entries()) {
      expect(delays[3 + i]).to.be.within(ceiling / 2, ceiling)
    }
  })

  it('takes the servers in an order of chance', () => {
    const firsts = new Set<string>()
    for (let i = 0; i < 50; i++) {
      firsts.add(new ServerList(servers('a', 'b', 'c'), new FakeRandom(i)).next().server.host)
    }
    expect(firsts).to.deep.equal(new Set(['a', 'b', 'c']))
  })

  it('goes on to the next server at once when a connection that lasted breaks', () => {
    const list = new ServerList(servers('a', 'b'), new FakeRandom('seed'))
    const first = list.next().server
    list.connectionLived(60_000)
    const { server, delayMs } = list.next()
    expect(server).to.not.equal(first)
    expect(delayMs).to.equal(0)
  })

  it('waits when connections break as soon as they are made', () => {
    const list = new ServerList(servers('a'), new FakeRandom('seed'))
    list.next()
    const delays = Array.from({ length: 6 }, () => {
      list.connectionLived(5)
      return list.next().delayMs
    })
    expect(Math.min(...delays)).to.be.at.least(50)
    expect(delays.at(-1)).to.be.at.least(500)
  })

  it('tells who was asked, how often, and what each said', () => {
    const list = new ServerList([{ host: '::1', port: 1 }], new FakeRandom('seed'))
    expect(list.describe()).to.equal('[::1]:1 (not asked)')
    list.next()
    list.note('connect ECONNREFUSED')
    list.next()
    expect(list.describe()).to.equal('[::1]:1 (2 attempts, the last: connect ECONNREFUSED)')
  })
})

describe('WatchTable', () => {
  function table() {
    const seen: string[] = []
    const errors: unknown[] = []
    const watches = new WatchTable((error) => errors.push(error))
    const watcher = (name: string) => (event: WatchEvent, path: string) =>
      void seen.push(`${name} ${event} ${path}`)
    return { seen, errors, watches, watcher }
  }

  for (const [event, fired] of [
    ['created', ['data', 'exists']],
    ['changed', ['data', 'exists']],
    ['deleted', ['data', 'exists', 'children']],
    ['children', ['children']],
  ] as const) {
    it(`fires on "${event}" watches of ${fired.join(', ')}`, () => {
      const { seen, watches, watcher } = table()
      for (const kind of ['data', 'exists', 'children'] as const) watches.add(kind, '/a', watcher(kind))
      watches.fire(event, '/a')
      expect(seen).to.deep.equal(fired.map((kind) => `${kind} ${event} /a`))
    })
  }

  it('fires each watch once', () => {
    const { seen, watches, watcher } = table()
    watches.add('data', '/a', watcher('w'))
    watches.fire('changed', '/a')
    watches.fire('changed', '/a')
    expect(seen).to.have.lengthOf(1)
  })

  it('calls a watcher once that watches a znode in several ways', () => {
    const { seen, watches, watcher } = table()
    const same = watcher('same')
    for (let i = 0; i < 1000; i++) watches.add('data', '/a', same)
    watches.add('children', '/a', same)
    watches.fire('deleted', '/a')
    expect(seen).to.deep.equal(['same deleted /a'])
  })

  it('lets a watcher watch again from within', () => {
    const { seen, watches, watcher } = table()
    const note = watcher('w')
    watches.add('data', '/a', (event, path) => {
      note(event, path)
      watches.add('data', '/a', note)
    })
    watches.fire('changed', '/a')
    expect(seen).to.have.lengthOf(1)
    watches.fire('changed', '/a')
    expect(seen).to.have.lengthOf(2)
  })

  it('calls the others when one watcher throws', () => {
    const { seen, errors, watches, watcher } = table()
    watches.add('data', '/a', () => {
      throw new Error('mine')
    })
    watches.add('data', '/a', watcher('other'))
    watches.fire('changed', '/a')
    expect(seen).to.deep.equal(['other changed /a'])
    expect(errors).to.have.lengthOf(1)
  })

  it('tells every watcher of the end of the session, once', () => {
    const { seen, watches, watcher } = table()
    watches.add('data', '/a', watcher('1'))
    watches.add('exists', '/b', watcher('2'))
    watches.add('children', '/c', watcher('3'))
    watches.lose()
    watches.lose()
    expect(seen).to.deep.equal(['1 lost /a', '2 lost /b', '3 lost /c'])
  })
})

describe('the installed node-zookeeper-client', () => {
  const installed = installedPackage()

  it('is the one that is built on', () => {
    expect(packageFault(installed)).to.equal(null)
  })

  for (const [what, change, fault] of [
    ['another version', { version: '1.2.0' }, /version 1\.2\.0 is installed, 1\.1\.3 is needed/],
    [
      'a connection that lacks a method',
      { methods: installed.methods.filter((name) => name !== 'findNextServer') },
      /it has no findNextServer/,
    ],
    [
      'a connection with a new method',
      { methods: [...installed.methods, 'onFrame'] },
      /unknown methods: onFrame/,
    ],
    [
      'records without one that is used',
      { records: installed.records.filter((name) => name !== 'SetWatches') },
      /it has no SetWatches/,
    ],
    [
      'other numbers for operations',
      { operationCodes: { ...installed.operationCodes, MULTI: 15 } },
      /numbers MULTI 15, not 14/,
    ],
  ] as const) {
    it(`is refused with ${what}`, () => {
      expect(packageFault({ ...installed, ...change })).to.match(fault)
    })
  }
})
