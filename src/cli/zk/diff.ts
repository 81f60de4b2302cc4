import { isDeepStrictEqual } from 'node:util'
import { showZnode } from './shown-znode.ts'
import type { SnapshotZnode } from './snapshot.ts'

export type ZnodeChange =
  | { readonly kind: 'added'; readonly path: string; readonly after: unknown }
  | { readonly kind: 'removed'; readonly path: string; readonly before: unknown }
  /** Another znode under the same path: it was removed and made again in between. */
  | { readonly kind: 'replaced'; readonly path: string; readonly before: unknown; readonly after: unknown }
  | {
      readonly kind: 'changed'
      readonly path: string
      /** Where in the content, as `partitions.0`; empty for all of it. */
      readonly fields: readonly FieldChange[]
    }

export interface FieldChange {
  readonly field: string
  readonly before?: unknown
  readonly after?: unknown
}

/**
 * What is different in `after`, by path. Content that is the same written again is no change; content that one side does
 * not tell is not compared.
 */
export function diffTrees(
  before: readonly SnapshotZnode[],
  after: readonly SnapshotZnode[],
  options: { readonly secrets: boolean },
): ZnodeChange[] {
  const old = new Map(before.map((znode) => [znode.path, znode]))
  const now = new Map(after.map((znode) => [znode.path, znode]))
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort()
  return paths.flatMap((path): ZnodeChange[] => {
    const was = old.get(path)
    const is = now.get(path)
    if (was === undefined)
      return is === undefined ? [] : [{ kind: 'added', path, after: contentOf(is, options) }]
    if (is === undefined) return [{ kind: 'removed', path, before: contentOf(was, options) }]
    const isComparable = !was.isHidden && !is.isHidden
    const fields = !isComparable ? [] : changedFields(contentOf(was, options), contentOf(is, options), '')
    if (was.czxid !== is.czxid && was.isEphemeral)
      return [{ kind: 'replaced', path, before: contentOf(was, options), after: contentOf(is, options) }]
    return fields.length === 0 ? [] : [{ kind: 'changed', path, fields }]
  })
}

/** The decoded content where there is one, else the text. */
export function contentOf(
  { path, data }: { readonly path: string; readonly data: Buffer | null },
  options: { readonly secrets: boolean },
): unknown {
  const shown = showZnode(path, data, options)
  return shown.value ?? shown.text ?? shown.base64 ?? null
}

/** The smallest parts that are different. */
export function changedFields(before: unknown, after: unknown, field: string): FieldChange[] {
  if (isDeepStrictEqual(before, after)) return []
  if (!isObject(before) || !isObject(after)) return [{ field, before, after }]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => {
    const name = field === '' ? key : `${field}.${key}`
    if (!(key in before)) return [{ field: name, after: after[key] }]
    if (!(key in after)) return [{ field: name, before: before[key] }]
    return changedFields(before[key], after[key], name)
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A change in lines for people, `+`, `-` and `~` in front. */
export function describeChange(change: ZnodeChange): string[] {
  switch (change.kind) {
    case 'added':
      return [`+ ${change.path}${briefly(change.after)}`]
    case 'removed':
      return [`- ${change.path}${briefly(change.before)}`]
    case 'replaced':
      return [
        `~ ${change.path}  removed and made again`,
        `    before${briefly(change.before)}`,
        `    after ${briefly(change.after)}`,
      ]
    case 'changed':
      return [
        `~ ${change.path}`,
        ...change.fields.map(({ field, before, after }) => {
          const name = field === '' ? '' : `${field}: `
          if (before === undefined) return `    ${name}+ ${JSON.stringify(after)}`
          if (after === undefined) return `    ${name}- ${JSON.stringify(before)}`
          return `    ${name}${JSON.stringify(before)} → ${JSON.stringify(after)}`
        }),
      ]
  }
}

/** Content in one line; nothing for none. */
export function briefly(content: unknown): string {
  if (content === null || content === undefined || content === '') return ''
  return `  ${typeof content === 'string' ? content : JSON.stringify(content)}`
}
