import { createHash, createHmac } from 'node:crypto'

/**
 * What a broker keeps of a SCRAM password (RFC 5802): enough to check a login, not enough to log in. Stored as
 * `salt=…,stored_key=…,server_key=…,iterations=…`, the first three in base64.
 * Source: org.apache.kafka.common.security.scram.internals.ScramCredentialUtils, ScramFormatter.
 */
export interface ScramCredential {
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

/** A mechanism, with its number on the wire. Source: ScramMechanism. */
export interface ScramMechanism {
  /** The name of its credentials in a user's settings. */
  readonly name: 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly code: number
  readonly hash: 'sha256' | 'sha512'
  readonly minIterations: number
}

export const SCRAM_MECHANISMS: readonly ScramMechanism[] = [
  { name: 'SCRAM-SHA-256', code: 1, hash: 'sha256', minIterations: 4096 },
  { name: 'SCRAM-SHA-512', code: 2, hash: 'sha512', minIterations: 4096 },
]

/** More rounds are refused: every login would cost them. */
export const MAX_SCRAM_ITERATIONS = 16_384

export function scramMechanismOf(code: number): ScramMechanism | null {
  return SCRAM_MECHANISMS.find((mechanism) => mechanism.code === code) ?? null
}

/** The credential of a password that its client has salted and hashed. */
export function scramCredential(
  mechanism: ScramMechanism,
  given: { readonly salt: Buffer; readonly saltedPassword: Buffer; readonly iterations: number },
): ScramCredential {
  const { salt, saltedPassword, iterations } = given
  const keyed = (text: string): Buffer => createHmac(mechanism.hash, saltedPassword).update(text).digest()
  const storedKey = createHash(mechanism.hash).update(keyed('Client Key')).digest()
  return { salt, storedKey, serverKey: keyed('Server Key'), iterations }
}

export function printScramCredential({ salt, storedKey, serverKey, iterations }: ScramCredential): string {
  const base64 = (bytes: Buffer): string => bytes.toString('base64')
  return `salt=${base64(salt)},stored_key=${base64(storedKey)},server_key=${base64(serverKey)},iterations=${iterations}`
}

/** Null for a text that is no credential. */
export function parseScramCredential(text: string): ScramCredential | null {
  const fields = new Map<string, string>()
  for (const pair of text.split(',')) {
    const equals = pair.indexOf('=')
    if (equals > 0) fields.set(pair.slice(0, equals), pair.slice(equals + 1))
  }
  const bytes = (name: string): Buffer | null => {
    const value = fields.get(name)
    return value === undefined ? null : Buffer.from(value, 'base64')
  }
  const [salt, storedKey, serverKey] = [bytes('salt'), bytes('stored_key'), bytes('server_key')]
  const iterations = Number(fields.get('iterations'))
  if (fields.size !== 4 || salt === null || storedKey === null || serverKey === null) return null
  return Number.isSafeInteger(iterations) ? { salt, storedKey, serverKey, iterations } : null
}
