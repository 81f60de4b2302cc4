import { readFileSync, readdirSync, statSync } from 'node:fs'

/**
 * The process that holds a lock of the kernel on the file at `path`, as Kafka's JVM does on its `.lock`, or null. Node
 * cannot take such locks; on Linux it can read who has: /proc/locks has a line per lock,
 * `1: POSIX  ADVISORY  WRITE 1234 08:01:131085 0 EOF` (number, kind, mode, access, process, device:inode, range).
 * Always null on other systems. Source: proc(5).
 */
export function kernelLockHolder(path: string): number | null {
  const file = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (file === undefined) return null
  for (const lock of readLocks()) {
    if (lock.inode !== file.ino) continue
    // Some file systems name another device here than in stat: then the process's open files decide.
    if (lock.device === deviceName(file.dev) || hasOpen(lock.pid, file)) return lock.pid
  }
  return null
}

interface KernelLock {
  readonly pid: number
  /** Major and minor number, hexadecimal. */
  readonly device: string
  readonly inode: bigint
}

function readLocks(): KernelLock[] {
  let text: string
  try {
    text = readFileSync('/proc/locks', 'latin1')
  } catch {
    return []
  }
  const locks: KernelLock[] = []
  for (const line of text.split('\n')) {
    // Waiting locks are marked with an arrow and hold nothing.
    const match = /^\d+: \S+ +\S+ +\S+ +(-?\d+) ([0-9a-f]+:[0-9a-f]+):(\d+) /.exec(line)
    if (match === null) continue
    locks.push({ pid: Number(match[1]), device: match[2] ?? '', inode: BigInt(match[3] ?? '-1') })
  }
  return locks
}

/** glibc spreads both numbers over the 64 bits of a device. */
function deviceName(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn)
  return `${hex(major)}:${hex(minor)}`
}

function hex(number: bigint): string {
  return number.toString(16).padStart(2, '0')
}

function hasOpen(pid: number, file: { readonly dev: bigint; readonly ino: bigint }): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const open = statSync(`/proc/${pid}/fd/${fd}`, { bigint: true, throwIfNoEntry: false })
      return open !== undefined && open.dev === file.dev && open.ino === file.ino
    })
  } catch {
    // Gone, or not ours to look at.
    return false
  }
}
