import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import type { DiskLock } from '../disk.ts'
import { systemCode } from './disk-error.ts'
import { kernelLockHolder } from './posix-locks.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { isAlive, ownIdentity } from './process-identity.ts'

/** Rounds lost against others who start at the same moment before we say that somebody holds the lock. */
const MAX_ROUNDS = 64

/** How far to follow takers that died while taking. */
const MAX_HEIRS = 64

/**
 * The lock file's content: one line of JSON.
 *
 *     {"pid":4711,"startedAt":"88123","bootId":"…","pidNamespace":"pid:[…]","claim":"9f86d081884c7d65"}
 *
 * An empty file, or one that says something else, is free: Kafka leaves it empty, and so does `release`.
 */
interface Owner extends ProcessIdentity {
  /** Never used twice. */
  readonly claim: string
}

/** What a lock file says now. `id` names this state of it and no later one that another process could rely on. */
type State =
  | { readonly kind: 'missing' }
  | { readonly kind: 'free'; readonly id: string }
  | { readonly kind: 'owned'; readonly id: string; readonly owner: Owner }

/**
 * Takes the lock file at `path` for this process, or says who has it.
 *
 * Node has no fcntl or flock, so the file says who owns it, and an owner that is not alive has lost it. Of several
 * processes that find the same dead owner exactly one may replace it: the one whose link `PATH.after-ID`, named after
 * what it replaces, came first. (`link` fails when the name exists, and brings the content with it: it is the
 * compare-and-swap that a file system has.) A taker that dies between that link and the end of its work has become the
 * dead owner, to be replaced by the same rule. Before its last step the winner looks again whether the lock file is
 * still what it replaces; links named after a state are removed only when the state is gone.
 */
export function takeFileLock(path: string): DiskLock | { readonly heldBy: string } {
  const own: Owner = { ...ownIdentity(), claim: randomBytes(8).toString('hex') }
  const claimPath = `${path}.claim-${own.claim}`
  writeFileSync(claimPath, `${JSON.stringify(own)}\n`, { flag: 'wx' })
  try {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const answer = tryToTake(path, claimPath, own)
      if (answer !== 'again') return answer
    }
    return { heldBy: 'another process that is starting' }
  } finally {
    unlinkIfThere(claimPath)
  }
}

function tryToTake(
  path: string,
  claimPath: string,
  own: Owner,
): DiskLock | { readonly heldBy: string } | 'again' {
  const kernelHolder = kernelLockHolder(path)
  if (kernelHolder !== null) return { heldBy: `process ${kernelHolder}, which locked the file as Kafka does` }
  const state = readState(path)
  if (state.kind === 'missing') return linkIfFree(claimPath, path) ? held(path, own) : 'again'
  if (state.kind === 'owned' && isAlive(state.owner)) return { heldBy: `process ${state.owner.pid}` }

  // The dead owner, and those who died while replacing it; the last link is ours or somebody's who lives.
  const links: string[] = []
  let id = state.id
  do {
    const link = `${path}.after-${id}`
    links.push(link)
    if (linkIfFree(claimPath, link)) return finish(path, claimPath, own, state.id, links)
    const heir = readState(link)
    if (heir.kind === 'missing') return 'again'
    if (heir.kind === 'free') return { heldBy: `a process that is just writing ${link}` }
    if (isAlive(heir.owner)) return { heldBy: `process ${heir.owner.pid}` }
    id = heir.id
  } while (links.length < MAX_HEIRS)
  return 'again'
}

/** We alone may replace the state `id`, if that is still what the lock file says. */
function finish(
  path: string,
  claimPath: string,
  own: Owner,
  id: string,
  links: readonly string[],
): DiskLock | 'again' {
  const now = readState(path)
  if (now.kind === 'missing' || now.id !== id) {
    unlinkIfThere(links.at(-1) ?? '')
    return 'again'
  }
  renameSync(claimPath, path)
  for (const link of links) unlinkIfThere(link)
  return held(path, own)
}

function held(path: string, own: Owner): DiskLock {
  let isHeld = true
  return {
    release: () => {
      if (!isHeld) return
      isHeld = false
      const state = readState(path)
      // Emptied, not removed: a lock of the kernel that somebody took on this file meanwhile stays visible.
      if (state.kind === 'owned' && state.owner.claim === own.claim) truncateSync(path, 0)
    },
  }
}

function readState(path: string): State {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { kind: 'missing' }
    throw error
  }
  try {
    // Both of the same file, whatever the name leads to a moment later.
    const owner = parseOwner(readFileSync(fd, 'utf8'))
    const id = owner?.claim ?? `empty-${fstatSync(fd, { bigint: true }).ino}`
    return owner === null ? { kind: 'free', id } : { kind: 'owned', id, owner }
  } finally {
    closeSync(fd)
  }
}

function parseOwner(text: string): Owner | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { pid, startedAt, bootId, pidNamespace, claim } = value as Partial<Record<keyof Owner, unknown>>
  // The claim becomes part of a file name.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null
  if (typeof claim !== 'string' || !/^[0-9a-f]{16}$/.test(claim)) return null
  return {
    pid,
    claim,
    startedAt: textOrNull(startedAt),
    bootId: textOrNull(bootId),
    pidNamespace: textOrNull(pidNamespace),
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Gives `from` the second name `to`, unless that exists. */
function linkIfFree(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error
    return copyIfFree(from, to)
  }
}

/** For file systems without links: as exclusive, but for a moment the new file is there and empty. */
function copyIfFree(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}
