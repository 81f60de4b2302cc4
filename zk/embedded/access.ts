import { createHash } from 'node:crypto'

import type { Acl } from '../zookeeper.ts'
import { OPEN_ACL, PERMISSION } from '../zookeeper.ts'

/** Something that a connection has proved to be: `ip` from the start, `digest` and `super` after an auth packet. */
export interface Identity {
  readonly scheme: string
  readonly id: string
}

/** Who asks: the session whose ephemerals a create makes, and what its connection has proved to be. */
export interface Actor {
  readonly sessionId: bigint
  readonly identities: readonly Identity[]
}

/**
 * Whether one of `identities` has one of the `permissions`. An empty list refuses nobody; `super` is never refused.
 * Source: ZooKeeper 3.8 ZooKeeperServer.checkACL.
 */
export function isAllowed(
  acl: readonly Acl[],
  permissions: number,
  identities: readonly Identity[],
): boolean {
  if (acl.length === 0) return true
  for (const entry of acl) {
    if ((entry.permissions & permissions) === 0) continue
    if (entry.scheme === 'world' && entry.id === 'anyone') return true
    if (identities.some((identity) => matches(entry, identity))) return true
  }
  return identities.some(({ scheme }) => scheme === 'super')
}

function matches(entry: Acl, identity: Identity): boolean {
  if (entry.scheme !== identity.scheme) return false
  return entry.scheme === 'ip' ? isInNetwork(identity.id, entry.id) : entry.id === identity.id
}

/**
 * The ACL as it is stored: without duplicates, and `auth` replaced by what the asker has proved to be. Null when it
 * is empty, names an unknown scheme or an id that its scheme cannot have, or says `auth` for an asker who has proved
 * nothing. Source: ZooKeeper 3.8 PrepRequestProcessor.fixupACL.
 */
export function resolveAcl(
  acl: readonly Acl[] | null,
  identities: readonly Identity[],
): readonly Acl[] | null {
  if (acl === null || acl.length === 0) return null
  const resolved: Acl[] = []
  const seen = new Set<string>()
  for (const entry of acl) {
    const key = `${entry.permissions} ${entry.scheme} ${entry.id}`
    if (seen.has(key)) continue
    seen.add(key)
    if (entry.scheme === 'auth') {
      const proved = identities.filter(({ scheme }) => scheme !== 'ip')
      if (proved.length === 0) return null
      for (const { scheme, id } of proved) resolved.push({ permissions: entry.permissions, scheme, id })
    } else if (isValidId(entry.scheme, entry.id)) resolved.push(entry)
    else return null
  }
  return isOpen(resolved) ? OPEN_ACL : resolved
}

/** One list for all of the many znodes that are open to everybody: they are told by its identity. */
function isOpen(acl: readonly Acl[]): boolean {
  const [only] = acl
  return acl.length === 1 && only?.scheme === 'world' && only.permissions === PERMISSION.all
}

function isValidId(scheme: string, id: string): boolean {
  switch (scheme) {
    case 'world':
      return id === 'anyone'
    case 'digest':
      return /^[^:]*:[^:]+:*$/.test(id)
    case 'ip':
      return parseNetwork(id) !== null
    default:
      return false
  }
}

/** The ACL as it is shown to those who may not change it: without the hashes of passwords. */
export function maskAcl(acl: readonly Acl[]): Acl[] {
  return acl.map((entry) =>
    entry.scheme === 'digest' ? { ...entry, id: entry.id.replace(/:.*/, ':x') } : entry,
  )
}

/**
 * What the credentials `user:password` prove, with the power over everything when their digest is `superDigest`.
 * Source: ZooKeeper 3.8 DigestAuthenticationProvider.
 */
export function digestIdentities(credentials: Buffer, superDigest: string | null): Identity[] {
  const user = credentials.toString('utf8').split(':', 1)[0] ?? ''
  const digest = `${user}:${createHash('sha1').update(credentials).digest('base64')}`
  const identity = { scheme: 'digest', id: digest }
  return digest === superDigest ? [identity, { scheme: 'super', id: '' }] : [identity]
}

function isInNetwork(address: string, network: string): boolean {
  const wanted = parseNetwork(network)
  const actual = parseIpv4(address)
  return wanted !== null && actual !== null && ((wanted.address ^ actual) & wanted.mask) === 0
}

/**
 * An IPv4 address, alone or with the length of its network's prefix: `10.1.0.0/16`. IPv6 is refused, as by ZooKeeper
 * before 3.9.
 */
function parseNetwork(text: string): { readonly address: number; readonly mask: number } | null {
  const [first = '', prefix = '32'] = text.split('/', 2)
  const address = parseIpv4(first)
  if (address === null || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return null
  return { address, mask: prefix === '0' ? 0 : -1 << (32 - Number(prefix)) }
}

function parseIpv4(text: string): number | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null
  return parts.reduce((address, part) => (address << 8) | Number(part), 0)
}
