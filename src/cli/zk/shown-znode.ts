import { isUtf8 } from 'node:buffer'
import { MalformedZnodeError, Znode } from '../../../zk/znode.ts'
import { znodeOf } from '../../../zk/znodes/table.ts'
import type { Stat } from '../../../zk/zookeeper.ts'

/** A znode as people and programs read it. */
export interface ShownZnode {
  readonly path: string
  /** What the znode is for; null for a stranger's. */
  readonly meaning: string | null
  /** How its content is written: `JSON v3`, `decimal text`, `none`. */
  readonly format: string | null
  /** The content decoded; undefined where it cannot be. */
  readonly value?: unknown
  /** Why it cannot be decoded. */
  readonly fault: string | null
  /** The content as it is, where it is text. */
  readonly text: string | null
  /** The content, where it is not. */
  readonly base64?: string
}

export const HIDDEN = '(hidden)'
/** Settings whose values are credentials. */
const SECRET_NAMES = /^SCRAM-|password|secret|jaas|ssl\.keystore\.key/i

/**
 * Decodes a znode by its place. Credentials are hidden unless they are asked for: what is printed ends up in tickets.
 */
export function showZnode(
  path: string,
  data: Buffer | null,
  options: { readonly secrets: boolean },
): ShownZnode {
  const entry = znodeOf(path)
  const znode = entry instanceof Znode ? entry : null
  const isSensitive = entry?.acl === 'sensitive' && !options.secrets
  const base = { path, meaning: entry?.meaning ?? null, format: entry?.codec.format ?? null }
  if (znode === null || znode.codec.format === 'none') {
    const shown = isSensitive && data !== null && data.length > 0 ? { text: HIDDEN } : textOf(data)
    return { ...base, fault: null, ...shown }
  }
  try {
    const value = plain(znode.decode(data, path))
    if (!isSensitive) return { ...base, value, fault: null, ...textOf(data) }
    return { ...base, value: withoutSecrets(value), fault: null, text: HIDDEN }
  } catch (error) {
    if (!(error instanceof MalformedZnodeError)) throw error
    const fault = error.message.replace(/^znode \S+ is malformed: /, '')
    return { ...base, fault, ...(isSensitive ? { text: HIDDEN } : textOf(data)) }
  }
}

/** Whether a znode holds credentials: settings with such a name, or a delegation token. */
export function holdsSecrets(path: string, data: Buffer | null): boolean {
  if (data === null || data.length === 0 || znodeOf(path)?.acl !== 'sensitive') return false
  const { value, fault } = showZnode(path, data, { secrets: true })
  if (fault !== null || typeof value !== 'object' || value === null) return true
  return !path.startsWith('/config/') || Object.keys(value).some((key) => SECRET_NAMES.test(key))
}

function textOf(data: Buffer | null): { text: string | null; base64?: string } {
  if (data === null) return { text: null }
  return isUtf8(data) ? { text: data.toString('utf8') } : { text: null, base64: data.toString('base64') }
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return HIDDEN
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, SECRET_NAMES.test(key) ? HIDDEN : (each as unknown)]),
  )
}

/** What JSON can say: maps become objects, large integers text. */
export function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, each]) => [String(key), plain(each)]))
  }
  if (value instanceof Set) return [...value].map(plain)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}

/** The stat of a znode as JSON. */
export function shownStat(stat: Stat) {
  return {
    version: stat.version,
    createdMs: stat.ctimeMs,
    modifiedMs: stat.mtimeMs,
    czxid: zxidText(stat.czxid),
    mzxid: zxidText(stat.mzxid),
    pzxid: zxidText(stat.pzxid),
    children: stat.childCount,
    dataLength: stat.dataLength,
    ephemeralOwner: stat.ephemeralOwner === 0n ? null : `0x${stat.ephemeralOwner.toString(16)}`,
  }
}

function zxidText(zxid: number): string {
  return `0x${zxid.toString(16)}`
}
