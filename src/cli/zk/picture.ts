import { MalformedZnodeError, type Znode } from '../../../zk/znode.ts'
import { topic, type TopicAssignment } from '../../../zk/znodes/topics.ts'
import type { TreeZnode } from './read-tree.ts'

/** A tree, with what rules want to know of it at hand. */
export class Picture {
  /** Registered brokers. */
  readonly brokers: ReadonlyMap<number, TreeZnode>
  /** Topics whose assignment can be read. */
  readonly topics: ReadonlyMap<string, TopicAssignment>
  private readonly nodes: ReadonlyMap<string, TreeZnode>

  constructor(tree: readonly TreeZnode[]) {
    this.nodes = new Map(tree.map((node) => [node.path, node]))
    this.brokers = new Map([...this.childrenOf('/brokers/ids')].map(([name, node]) => [Number(name), node]))
    const topics = [...this.childrenOf('/brokers/topics')].map(
      ([name, node]) => [name, this.decoded(topic, node.path)] as const,
    )
    this.topics = new Map(topics.flatMap(([name, found]) => (found === null ? [] : [[name, found] as const])))
  }

  has(path: string): boolean {
    return this.nodes.has(path)
  }

  node(path: string): TreeZnode | null {
    return this.nodes.get(path) ?? null
  }

  /** By name. */
  childrenOf(path: string): ReadonlyMap<string, TreeZnode> {
    const names = this.nodes.get(path)?.children ?? []
    return new Map(
      names.flatMap((name) => {
        const node = this.nodes.get(`${path}/${name}`)
        return node === undefined ? [] : [[name, node] as const]
      }),
    )
  }

  /** The content; null where there is none, or none that can be understood: another rule says so. */
  decoded<Template extends string, Value>(znode: Znode<Template, Value>, path: string): Value | null {
    const node = this.nodes.get(path)
    if (node === undefined) return null
    try {
      return znode.decode(node.data, path)
    } catch (error) {
      if (error instanceof MalformedZnodeError) return null
      throw error
    }
  }
}
