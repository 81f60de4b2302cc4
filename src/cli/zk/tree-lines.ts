import type { TreeZnode } from './read-tree.ts'
import { showZnode } from './shown-znode.ts'

const SHORTEST_CONTENT = 8

/**
 * A tree for people: a line per znode, its content behind it in one line as far as there is room. `columns` Infinity:
 * nothing is cut.
 */
export function treeLines(
  tree: readonly TreeZnode[],
  root: string,
  columns: number,
  options: { readonly secrets: boolean },
): string[] {
  const byPath = new Map(tree.map((node) => [node.path, node]))
  const lines: string[] = []
  const walk = (path: string, lead: string, branch: string): void => {
    const node = byPath.get(path)
    if (node === undefined) return
    const name = path === root ? path : path.slice(path.lastIndexOf('/') + 1)
    lines.push(`${withContent(`${lead}${branch}${name}`, node, columns, options)}\n`)
    const below = branch === '' ? lead : `${lead}${branch.startsWith('└') ? '   ' : '│  '}`
    const children = node.children.map((child) => (path === '/' ? `/${child}` : `${path}/${child}`))
    const there = children.filter((child) => byPath.has(child))
    there.forEach((child, i) => walk(child, below, i === there.length - 1 ? '└─ ' : '├─ '))
  }
  walk(root, '', '')
  return lines
}

function withContent(
  head: string,
  { path, data, stat }: TreeZnode,
  columns: number,
  options: { readonly secrets: boolean },
): string {
  const shown = showZnode(path, data, options)
  const marks = [
    stat.ephemeralOwner === 0n ? '' : '  ephemeral',
    shown.fault === null ? '' : `  ! ${shown.fault}`,
  ].join('')
  const content = shown.value === undefined ? (shown.text ?? '') : JSON.stringify(shown.value)
  if (content === '' || content === 'null') return head + marks
  const room = columns - head.length - marks.length - 2
  if (room < SHORTEST_CONTENT) return head + marks
  const line = content.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '·')
  return `${head}  ${line.length > room ? `${line.slice(0, room - 1)}…` : line}${marks}`
}
