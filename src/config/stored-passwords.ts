import type { ConfigReader, Properties } from './layers.ts'
import { keyOfName } from './listener-prefix.ts'
import {
  decodePassword,
  encodePassword,
  PasswordEncoderError,
  passwordEncoderSettings,
} from './password-encoder.ts'
import { Secret } from './secret.ts'

/**
 * The passwords among a broker's dynamic properties: encrypted in ZooKeeper, in clear text everywhere else. Their names
 * may have a listener's prefix.
 * Source: DynamicBrokerConfig.toPersistentProps, fromPersistentProps, maybeReEncodePasswords.
 */

/** A stored password that is left out, and why. */
export interface UnreadablePassword {
  readonly name: string
  readonly reason: string
}

function isPassword(name: string): boolean {
  return keyOfName(name)?.type.name === 'PASSWORD'
}

export function hasPasswords(properties: Properties): boolean {
  return [...properties.keys()].some(isPassword)
}

/** The form for ZooKeeper. Throws PasswordEncoderError when there is a password and no secret to encrypt it with. */
export function encryptPasswords(
  properties: Properties,
  config: ConfigReader,
  randomBytes: (count: number) => Buffer,
): Properties {
  if (!hasPasswords(properties)) return properties
  const settings = passwordEncoderSettings(config)
  if (settings === null) throw new PasswordEncoderError('Password encoder secret not configured')
  return mapPasswords(properties, (text) => encodePassword(new Secret(text), settings, randomBytes))
}

/** The form for use. A password that cannot be decrypted is left out: the broker runs without it. */
export function decryptPasswords(
  properties: Properties,
  config: ConfigReader,
): { readonly properties: Properties; readonly unreadable: readonly UnreadablePassword[] } {
  if (!hasPasswords(properties)) return { properties, unreadable: [] }
  const secret = config.get('password.encoder.secret')
  const unreadable: UnreadablePassword[] = []
  const clear = mapPasswords(properties, (stored, name) => {
    if (secret === null) {
      unreadable.push({ name, reason: 'Password encoder secret not configured' })
      return null
    }
    const password = decoded(stored, secret)
    if (password instanceof Secret) return password.reveal()
    unreadable.push({ name, reason: password.message })
    return null
  })
  return { properties: clear, unreadable }
}

/**
 * The passwords encrypted anew, for a broker that starts with another secret than before and is told the old one; null
 * when there is nothing to do. What the old secret does not open has been encrypted anew already.
 */
export function reencryptPasswords(
  properties: Properties,
  config: ConfigReader,
  randomBytes: (count: number) => Buffer,
): Properties | null {
  const oldSecret = config.get('password.encoder.old.secret')
  const settings = passwordEncoderSettings(config)
  if (oldSecret === null || settings === null || !hasPasswords(properties)) return null
  return mapPasswords(properties, (stored) => {
    const password = decoded(stored, oldSecret)
    return password instanceof Secret ? encodePassword(password, settings, randomBytes) : stored
  })
}

function decoded(stored: string, secret: Secret): Secret | PasswordEncoderError {
  try {
    return decodePassword(stored, secret)
  } catch (error) {
    if (error instanceof PasswordEncoderError) return error
    throw error
  }
}

/** The properties with other texts for their passwords; null leaves one out. */
function mapPasswords(
  properties: Properties,
  change: (text: string, name: string) => string | null,
): Properties {
  const changed = new Map<string, string>()
  for (const [name, text] of properties) {
    const next = isPassword(name) ? change(text, name) : text
    if (next !== null) changed.set(name, next)
  }
  return changed
}
