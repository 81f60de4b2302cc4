import { mapPipelined } from '../../../zk/stores/pipeline.ts'
import { CliError } from '../cli-error.ts'
import type { Ensemble, ZnodeContent } from './ensemble.ts'

export interface TreeZnode extends ZnodeContent {
  readonly path: string
  /** Names, sorted. */
  readonly children: readonly string[]
}

/** More than this is not read at once: name a path below, or a smaller depth. */
const MAX_ZNODES = 500_000
const WINDOW = 128

/**
 * The znodes from `root` downwards, parents before their children, names sorted. What goes away while it is read is
 * left out: a tree that is in use is never seen at one moment. Throws CliError when there is no `root`.
 */
export async function readTree(ensemble: Ensemble, root: string, maxDepth = Infinity): Promise<TreeZnode[]> {
  const found = new Map<string, TreeZnode>()
  let level = [root]
  for (let depth = 0; level.length > 0 && depth <= maxDepth; depth++) {
    const nodes = await mapPipelined(level, (path) => readZnode(ensemble, path), WINDOW)
    const next: string[] = []
    for (const node of nodes) {
      if (node === null) continue
      found.set(node.path, node)
      for (const name of node.children) next.push(node.path === '/' ? `/${name}` : `${node.path}/${name}`)
    }
    if (found.size + next.length > MAX_ZNODES)
      throw new CliError(`there are more than ${MAX_ZNODES} znodes below ${root}`, {
        advice: 'name a path further down, or give --depth',
      })
    level = next
  }
  if (!found.has(root))
    throw new CliError(`there is no znode ${root}`, { advice: 'see what there is: zurau zk ls /' })
  return inOrder(root, found)
}

async function readZnode(ensemble: Ensemble, path: string): Promise<TreeZnode | null> {
  const [content, children] = await Promise.all([ensemble.get(path), ensemble.children(path)])
  return content === null || children === null ? null : { path, ...content, children: children.sort() }
}

function inOrder(root: string, found: ReadonlyMap<string, TreeZnode>): TreeZnode[] {
  const ordered: TreeZnode[] = []
  const waiting = [root]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const node = found.get(path)
    if (node === undefined) continue
    ordered.push(node)
    for (const name of [...node.children].reverse())
      waiting.push(path === '/' ? `/${name}` : `${path}/${name}`)
  }
  return ordered
}

/** How many steps `path` is below `root`. */
export function depthBelow(root: string, path: string): number {
  const below = root === '/' ? path : path.slice(root.length)
  return below === '/' || below === '' ? 0 : below.split('/').length - 1
}
