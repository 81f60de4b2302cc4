import type { DiskErrorCode } from '../../src/platform/disk.ts'
import { DiskError } from '../../src/platform/disk.ts'
import type { FakeRandom } from './random.ts'

/** The calls of the disk port. `read` and `write` stand for their asynchronous forms too. */
export type DiskCall =
  | 'list'
  | 'status'
  | 'makeDirectory'
  | 'open'
  | 'readSmallFile'
  | 'rename'
  | 'remove'
  | 'removeTree'
  | 'syncDirectory'
  | 'space'
  | 'lock'
  | 'sizeBytes'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'close'

/** Something that goes wrong, and when. */
export interface DiskFault {
  readonly on: DiskCall | readonly DiskCall[] | 'any'
  /** Text: that path and everything below it. Default: every path. */
  readonly path?: string | RegExp
  /** Matching calls that still go well. Default 0. */
  readonly skip?: number
  /** Matching calls that go wrong after that. Default 1; `Infinity` for a broken device. */
  readonly times?: number
  /** Of those, the share that really goes wrong. Default all. */
  readonly probability?: number
  /** The call fails with this code, after doing nothing unless `afterBytes` says otherwise. */
  readonly error?: DiskErrorCode
  /** A write gets so many bytes to the file before it fails. */
  readonly afterBytes?: number
  /** A read returns, or a write stores, one bit turned over. */
  readonly flipsBit?: boolean
  /** A failing sync throws the unsynced pages away, and the next one succeeds without them. */
  readonly dropsPages?: boolean
  /** The call takes so long: an asynchronous one settles later, a synchronous one blocks its process. */
  readonly delayMs?: number
}

/** A fault at work. */
export interface InjectedFault {
  /** Calls that went wrong so far. */
  readonly hits: number
  withdraw(): void
}

/** Decides which fault, if any, a call meets. */
export class DiskFaults {
  private readonly faults: ActiveFault[] = []
  private readonly random: FakeRandom

  constructor(random: FakeRandom) {
    this.random = random
  }

  inject(fault: DiskFault): InjectedFault {
    const active: ActiveFault = {
      fault,
      skip: fault.skip ?? 0,
      left: fault.times ?? 1,
      hits: 0,
      withdraw: () => {
        const index = this.faults.indexOf(active)
        if (index >= 0) this.faults.splice(index, 1)
      },
    }
    this.faults.push(active)
    return active
  }

  clear(): void {
    this.faults.length = 0
  }

  /** The first fault that this call meets. */
  meet(call: DiskCall, path: string): DiskFault | null {
    for (const active of this.faults) {
      if (active.left <= 0 || !covers(active.fault, call, path)) continue
      if (active.skip > 0) {
        active.skip--
        continue
      }
      if (active.fault.probability !== undefined && !this.random.chance(active.fault.probability)) continue
      active.left--
      active.hits++
      return active.fault
    }
    return null
  }
}

interface ActiveFault extends InjectedFault {
  readonly fault: DiskFault
  skip: number
  left: number
  hits: number
}

function covers(fault: DiskFault, call: DiskCall, path: string): boolean {
  if (fault.on !== 'any' && fault.on !== call && !(Array.isArray(fault.on) && fault.on.includes(call)))
    return false
  if (fault.path === undefined) return true
  if (typeof fault.path === 'string') return path === fault.path || path.startsWith(`${fault.path}/`)
  // A sticky or global expression would remember the last match.
  return path.search(fault.path) >= 0
}

/** The error that a refused call throws. */
export function refusal(code: DiskErrorCode, path: string): DiskError {
  return new DiskError(code, path, `${path}: ${code}`)
}
