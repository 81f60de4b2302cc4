import { expect } from 'chai'

import type { AppliedChange } from '../../../../zk/embedded/data-tree.ts'
import { DataTree } from '../../../../zk/embedded/data-tree.ts'
import { WatchTable } from '../../../../zk/embedded/watch-table.ts'
import type { Acl, Zxid } from '../../../../zk/zookeeper.ts'
import { OPEN_ACL } from '../../../../zk/zookeeper.ts'

describe('watch table', () => {
  let tree: DataTree
  let table: WatchTable<string>
  const moment = { zxid: 1 as Zxid, timeMs: 0 }
  const create = (path: string, acl: readonly Acl[] = OPEN_ACL): AppliedChange =>
    tree.apply({ kind: 'create', path, data: null, acl, owner: 0n }, moment)
  const set = (path: string): AppliedChange => tree.apply({ kind: 'set', path, data: null }, moment)
  const remove = (path: string): AppliedChange => tree.apply({ kind: 'delete', path }, moment)
  const fired = (change: AppliedChange): string[] => {
    const heard: string[] = []
    table.fire(change, (watcher, what, path) => heard.push(`${watcher}: ${what} ${path}`))
    return heard
  }

  beforeEach(() => {
    tree = DataTree.atBirth()
    table = new WatchTable()
    create('/a')
  })

  it('tells those who watch the data of a creation, those who watch the parent of its children', () => {
    table.data.add('/a/b', 'one')
    table.children.add('/a', 'two')
    table.children.add('/', 'three')
    expect(fired(create('/a/b'))).to.deep.equal(['one: created /a/b', 'two: children /a'])
    expect(table.count).to.equal(1)
  })

  it('tells only those who watch the data of a change', () => {
    table.data.add('/a', 'one')
    table.children.add('/a', 'two')
    table.children.add('/', 'two')
    expect(fired(set('/a'))).to.deep.equal(['one: changed /a'])
    expect(fired(set('/a'))).to.deep.equal([])
  })

  it('tells everyone once of a deletion', () => {
    table.data.add('/a', 'both')
    table.children.add('/a', 'both')
    table.children.add('/a', 'children')
    table.children.add('/', 'parent')
    expect(fired(remove('/a'))).to.deep.equal([
      'both: deleted /a',
      'children: deleted /a',
      'parent: children /',
    ])
    expect(table.count).to.equal(0)
  })

  it('tells nobody of permissions and checks', () => {
    table.data.add('/a', 'one')
    expect(fired(tree.apply({ kind: 'set-acl', path: '/a', acl: OPEN_ACL }, moment))).to.deep.equal([])
    expect(fired(tree.apply({ kind: 'check', path: '/a' }, moment))).to.deep.equal([])
  })

  it('keeps persistent watches, which hear of data and children at their path', () => {
    table.persistent.add('/a', 'stays')
    expect(fired(set('/a'))).to.deep.equal(['stays: changed /a'])
    expect(fired(create('/a/b'))).to.deep.equal(['stays: children /a'])
    expect(fired(set('/a/b'))).to.deep.equal([])
    expect(fired(remove('/a/b'))).to.deep.equal(['stays: children /a'])
    expect(fired(remove('/a'))).to.deep.equal(['stays: deleted /a'])
    expect(fired(create('/a'))).to.deep.equal(['stays: created /a'])
  })

  it('keeps recursive watches, which hear of all znodes below but not of children as such', () => {
    table.recursive.add('/a', 'stays')
    table.recursive.add('/', 'all')
    expect(fired(create('/a/b'))).to.deep.equal(['stays: created /a/b', 'all: created /a/b'])
    expect(fired(create('/a/b/c'))).to.deep.equal(['stays: created /a/b/c', 'all: created /a/b/c'])
    expect(fired(create('/ab'))).to.deep.equal(['all: created /ab'])
    expect(fired(remove('/a/b/c'))).to.deep.equal(['stays: deleted /a/b/c', 'all: deleted /a/b/c'])
  })

  it('tells a watcher of several kinds once', () => {
    table.data.add('/a', 'one')
    table.persistent.add('/a', 'one')
    table.recursive.add('/', 'one')
    expect(fired(set('/a'))).to.deep.equal(['one: changed /a'])
  })

  it('says whose permissions count: those of the znode at the path', () => {
    const secret = [{ permissions: 31, scheme: 'digest', id: 'u:h' }]
    table.data.add('/a/b', 'one')
    table.children.add('/a', 'one')
    const acls: (readonly Acl[])[] = []
    table.fire(create('/a/b', secret), (_watcher, _change, _path, acl) => acls.push(acl))
    expect(acls).to.deep.equal([secret, OPEN_ACL])
    table.data.add('/a/b', 'one')
    table.fire(remove('/a/b'), (_watcher, _change, _path, acl) => acls.push(acl))
    expect(acls[2]).to.deep.equal(secret)
  })

  it('forgets a watcher altogether', () => {
    for (const kind of [table.data, table.children, table.persistent, table.recursive]) {
      kind.add('/a', 'gone')
      kind.add('/a', 'stays')
    }
    table.drop('gone')
    expect(table.count).to.equal(4)
    expect(fired(set('/a'))).to.deep.equal(['stays: changed /a'])
  })

  it('counts what is watched, by whom', () => {
    table.data.add('/a', 'one')
    table.data.add('/a', 'one')
    table.data.add('/a', 'two')
    table.data.add('/b', 'two')
    expect([table.data.count, table.data.pathCount, table.data.watcherCount]).to.deep.equal([3, 2, 2])
    expect(table.data.remove('/a', 'one')).to.equal(true)
    expect(table.data.remove('/a', 'one')).to.equal(false)
    expect([table.data.count, table.data.pathCount, table.data.watcherCount]).to.deep.equal([2, 2, 1])
  })
})
