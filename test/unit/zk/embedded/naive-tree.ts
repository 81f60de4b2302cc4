import type { DataTree } from '../../../../zk/embedded/data-tree.ts'
import { CONTAINER, statOf } from '../../../../zk/embedded/data-tree.ts'
import type { TreeOperation } from '../../../../zk/embedded/operations.ts'
import { ANY_VERSION } from '../../../../zk/zookeeper.ts'

interface NaiveNode {
  data: string | null
  owner: bigint
  czxid: number
  mzxid: number
  pzxid: number
  ctimeMs: number
  mtimeMs: number
  version: number
  aversion: number
  cversion: number
  created: number
}

const fresh: NaiveNode = {
  ...{ data: '', owner: 0n, czxid: 0, mzxid: 0, pzxid: 0, ctimeMs: 0, mtimeMs: 0 },
  ...{ version: 0, aversion: 0, cversion: 0, created: 0 },
}

/**
 * ZooKeeper's rules once more, as simply as they can be written: one record of paths, copied before each transaction
 * and put back when it fails. Knows no permissions.
 */
export class NaiveTree {
  zxid = 0
  private nodes: Record<string, NaiveNode> = {
    '/': { ...fresh, cversion: -1 },
    '/zookeeper': { ...fresh, cversion: -2 },
    '/zookeeper/quota': { ...fresh },
    '/zookeeper/config': { ...fresh, aversion: -1 },
  }

  /** `done`, or the index and the error of the first operation that fails. */
  write(session: bigint, operations: readonly TreeOperation[], timeMs: number): string {
    this.zxid++
    const before = structuredClone(this.nodes)
    for (const [index, operation] of operations.entries()) {
      const error = this.perform(session, operation, timeMs)
      if (error === null) continue
      this.nodes = before
      return `${index} ${error}`
    }
    return 'done'
  }

  closeSession(session: bigint): void {
    this.zxid++
    for (const [path, { owner }] of Object.entries(this.nodes)) if (owner === session) this.remove(path)
  }

  /** Where the tree is not as it should be. */
  differenceFrom(tree: DataTree): string[] {
    const differences: string[] = []
    const paths = new Set([...Object.keys(this.nodes), ...tree.capture().paths])
    for (const path of paths) {
      const [naive, real] = [this.nodes[path], tree.get(path)]
      if (naive === undefined || real === undefined) {
        differences.push(`${path} is ${naive === undefined ? 'too many' : 'missing'}`)
        continue
      }
      const { created, data, owner, ...counts } = naive
      const children = this.childrenOf(path)
      const stat = statOf(real, tree.childCount(path))
      const expected = {
        ...counts,
        ephemeralOwner: owner === CONTAINER ? 0n : owner,
        dataLength: data?.length ?? 0,
        childCount: children.length,
      }
      for (const [key, value] of Object.entries(expected)) {
        const actual = stat[key as keyof typeof stat]
        if (actual !== value) differences.push(`${path}: ${key} is ${actual}, not ${value}`)
      }
      if ((real.data?.toString() ?? null) !== data) differences.push(`${path}: other data`)
      if (real.creations !== created) differences.push(`${path}: ${real.creations} creations, not ${created}`)
      if (String(tree.childNames(path).toSorted()) !== String(children))
        differences.push(`${path}: other children`)
    }
    return differences
  }

  private perform(session: bigint, operation: TreeOperation, timeMs: number): string | null {
    const { kind, path } = operation
    const node = this.nodes[path]
    if (kind === 'create') {
      const parent = this.nodes[parentOf(path)]
      if (parent === undefined) return 'NO_NODE'
      const isSequential = operation.flags === 2 || operation.flags === 3
      const full = isSequential ? path + String(parent.created).padStart(10, '0') : path
      if (this.nodes[full] !== undefined) return 'NODE_EXISTS'
      if (parent.owner !== 0n && parent.owner !== CONTAINER) return 'NO_CHILDREN_FOR_EPHEMERALS'
      const owner = operation.flags === 4 ? CONTAINER : operation.flags % 2 === 1 ? session : 0n
      const { zxid } = this
      const moment = { czxid: zxid, mzxid: zxid, pzxid: zxid, ctimeMs: timeMs, mtimeMs: timeMs }
      this.nodes[full] = { ...fresh, ...moment, data: operation.data?.toString() ?? null, owner }
      Object.assign(parent, { created: parent.created + 1, cversion: parent.cversion + 1, pzxid: zxid })
      return null
    }
    if (kind === 'delete' && (path === '/' || path === '/zookeeper')) return 'BAD_ARGUMENTS'
    if (node === undefined) return 'NO_NODE'
    const expected = operation.version
    if (expected !== ANY_VERSION && expected !== (kind === 'set-acl' ? node.aversion : node.version))
      return 'BAD_VERSION'
    if (kind === 'delete') {
      if (this.childrenOf(path).length > 0) return 'NOT_EMPTY'
      this.remove(path)
    } else if (kind === 'set') {
      const data = operation.data?.toString() ?? null
      Object.assign(node, { data, version: node.version + 1, mzxid: this.zxid, mtimeMs: timeMs })
    } else if (kind === 'set-acl') node.aversion++
    return null
  }

  private remove(path: string): void {
    delete this.nodes[path]
    const parent = this.nodes[parentOf(path)]
    if (parent !== undefined) Object.assign(parent, { cversion: parent.cversion + 1, pzxid: this.zxid })
  }

  private childrenOf(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`
    return Object.keys(this.nodes)
      .filter(
        (other) => other !== '/' && other.startsWith(prefix) && !other.slice(prefix.length).includes('/'),
      )
      .map((child) => child.slice(prefix.length))
      .toSorted()
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')))
