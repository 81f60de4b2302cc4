import { readFileSync, readlinkSync } from 'node:fs'
import { systemCode } from './disk-error.ts'

/**
 * Which process, beyond its number: numbers come again. Null where the system does not say (anything but Linux).
 */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks from the machine's start to the process's. */
  readonly startedAt: string | null
  /** Drawn by the kernel at every start of the machine. */
  readonly bootId: string | null
  /** Within which `pid` means anything. */
  readonly pidNamespace: string | null
}

/** The process that asks. */
export function ownIdentity(): ProcessIdentity {
  const own = readStatus(process.pid)
  return {
    pid: process.pid,
    startedAt: own.kind === 'running' ? own.startedAt : null,
    bootId: readBootId(),
    pidNamespace: readPidNamespace(),
  }
}

/**
 * Whether that very process is still alive. One from before the machine's start is not, nor is one of a container that
 * is not ours: its number means another process here, and a container that was replaced must not keep its successor
 * out. (Two live containers on one directory go unnoticed.)
 */
export function isAlive(identity: ProcessIdentity): boolean {
  const { pid, startedAt, bootId, pidNamespace } = identity
  if (differs(bootId, readBootId()) || differs(pidNamespace, readPidNamespace())) return false
  const status = readStatus(pid)
  switch (status.kind) {
    case 'running':
      return !differs(startedAt, status.startedAt)
    case 'dead':
      return false
    case 'unknown':
      return answersSignals(pid)
  }
}

function differs(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one !== other
}

type Status =
  | { readonly kind: 'running'; readonly startedAt: string | null }
  | { readonly kind: 'dead' }
  | { readonly kind: 'unknown' }

/**
 * Reads /proc/PID/stat: the number, the name in parentheses (which may contain anything), the state, and 18 fields
 * later the start. Source: proc(5).
 */
function readStatus(pid: number): Status {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    // No such process, no /proc at all, or one that hides other users' processes.
    return { kind: 'unknown' }
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // A zombie has closed its files; only its parent has not noticed yet.
  if (fields[0] === 'Z' || fields[0] === 'X') return { kind: 'dead' }
  return { kind: 'running', startedAt: fields[19] ?? null }
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process: it is there, we may only not touch it.
    return systemCode(error) === 'EPERM'
  }
}

function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return null
  }
}

function readPidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return null
  }
}
