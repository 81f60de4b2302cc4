import type { ErrorName } from '../../model/errors.ts'

/** A member, as its leader is told of it. */
export interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** What it says about itself under the chosen protocol. */
  readonly metadata: Buffer
}

export interface JoinResult {
  readonly error: ErrorName
  readonly memberId: string
  /** -1 after most errors. */
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** Empty after most errors. */
  readonly leaderId: string
  /** Whether the leader must not compute an assignment. */
  readonly skipAssignment: boolean
  /** For the leader; empty for everybody else. */
  readonly members: readonly JoinedMember[]
}

export interface SyncResult {
  readonly error: ErrorName
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Buffer
}

export const NO_GENERATION = -1
/** What a member calls itself that has no id yet. */
export const UNKNOWN_MEMBER = ''
export const NO_BYTES = Buffer.alloc(0)

export function joinFailure(error: ErrorName, memberId: string): JoinResult {
  return {
    error,
    memberId,
    generationId: NO_GENERATION,
    protocolType: null,
    protocolName: null,
    leaderId: '',
    skipAssignment: false,
    members: [],
  }
}

export function syncFailure(error: ErrorName): SyncResult {
  return { error, protocolType: null, protocolName: null, assignment: NO_BYTES }
}
