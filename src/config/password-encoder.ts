import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto'
import type { ConfigReader } from './layers.ts'
import { Secret } from './secret.ts'

/**
 * How passwords of dynamic configuration stand in ZooKeeper: encrypted with a key derived from `password.encoder.secret`,
 * as `name:value` pairs with commas between them.
 *
 *     keyFactoryAlgorithm:PBKDF2WithHmacSHA512      how the key is derived
 *     cipherAlgorithm:AES/CBC/PKCS5Padding          or AES/GCM/NoPadding
 *     keyLength:128                                 bits of the key
 *     salt:…                                        base64 of 256 bytes
 *     iterations:4096
 *     encryptedPassword:…                           base64; with GCM the tag follows the ciphertext
 *     passwordLength:6                              characters of the clear text, as a check of the secret
 *     initializationVector:…                        base64
 *     authenticationTagLength:128                   with GCM: bits of the tag
 *
 * Source: org.apache.kafka.security.CipherPasswordEncoder.
 */
export interface PasswordEncoderSettings {
  readonly secret: Secret
  readonly keyFactoryAlgorithm: string
  readonly cipherAlgorithm: string
  readonly keyLengthBits: number
  readonly iterations: number
}

/** A password that cannot be encrypted or decrypted: another secret, or an algorithm that is not known here. */
export class PasswordEncoderError extends Error {
  override readonly name = 'PasswordEncoderError'
}

const SALT_BYTES = 256
const IV_BYTES = { CBC: 16, GCM: 12 } as const
const TAG_BITS = 128
/** A stored password may ask for no more rounds than this, so that a forged znode cannot stop the broker. */
const MAX_ITERATIONS = 10_000_000

/** The settings with which this broker encrypts; null when no secret is set. */
export function passwordEncoderSettings(config: ConfigReader): PasswordEncoderSettings | null {
  const secret = config.get('password.encoder.secret')
  if (secret === null) return null
  return {
    secret,
    keyFactoryAlgorithm: config.get('password.encoder.keyfactory.algorithm') ?? 'PBKDF2WithHmacSHA512',
    cipherAlgorithm: config.get('password.encoder.cipher.algorithm'),
    keyLengthBits: config.get('password.encoder.key.length'),
    iterations: config.get('password.encoder.iterations'),
  }
}

/** The stored form of a password. Throws PasswordEncoderError when the settings name an unknown algorithm. */
export function encodePassword(
  password: Secret,
  settings: PasswordEncoderSettings,
  randomBytes: (count: number) => Buffer,
): string {
  const { secret, keyFactoryAlgorithm, cipherAlgorithm, keyLengthBits, iterations } = settings
  const salt = randomBytes(SALT_BYTES)
  const key = deriveKey(secret, { keyFactoryAlgorithm, salt, iterations, keyLengthBits })
  const { mode, nodeName } = cipherOf(cipherAlgorithm, keyLengthBits)
  const iv = randomBytes(IV_BYTES[mode])
  const clear = password.reveal()
  const encrypted =
    mode === 'CBC'
      ? runCipher(createCipheriv(nodeName, key, iv), Buffer.from(clear))
      : encryptGcm(createCipheriv(nodeName as 'aes-128-gcm', key, iv), Buffer.from(clear))
  const pairs = {
    keyFactoryAlgorithm,
    cipherAlgorithm,
    keyLength: keyLengthBits,
    salt: salt.toString('base64'),
    iterations,
    encryptedPassword: encrypted.toString('base64'),
    passwordLength: clear.length,
    initializationVector: iv.toString('base64'),
    ...(mode === 'GCM' ? { authenticationTagLength: TAG_BITS } : {}),
  }
  return Object.entries(pairs)
    .map(([name, value]) => `${name}:${value}`)
    .join(',')
}

/** The password in a stored form. Throws PasswordEncoderError when `secret` is not the one it was encrypted with. */
export function decodePassword(stored: string, secret: Secret): Secret {
  const pairs = parseStored(stored)
  const text = (name: string): string => {
    const value = pairs.get(name)
    if (value === undefined) throw new PasswordEncoderError(`the stored password lacks ${name}`)
    return value
  }
  const whole = (name: string, max: number): number => {
    const value = Number(text(name))
    if (Number.isInteger(value) && value >= 0 && value <= max) return value
    throw new PasswordEncoderError(`the stored password's ${name} is not a number up to ${max}`)
  }
  const bytes = (name: string): Buffer => Buffer.from(text(name), 'base64')
  const keyLengthBits = whole('keyLength', 256)
  const key = deriveKey(secret, {
    keyFactoryAlgorithm: text('keyFactoryAlgorithm'),
    salt: bytes('salt'),
    iterations: whole('iterations', MAX_ITERATIONS),
    keyLengthBits,
  })
  const { mode, nodeName } = cipherOf(text('cipherAlgorithm'), keyLengthBits)
  const iv = bytes('initializationVector')
  const encrypted = bytes('encryptedPassword')
  const length = whole('passwordLength', Number.MAX_SAFE_INTEGER)
  try {
    const clear =
      mode === 'CBC'
        ? runCipher(createDecipheriv(nodeName, key, iv), encrypted)
        : decryptGcm(createDecipheriv(nodeName as 'aes-128-gcm', key, iv), encrypted)
    const password = clear.toString()
    if (password.length === length) return new Secret(password)
  } catch (cause) {
    throw new PasswordEncoderError('Password could not be decoded', { cause })
  }
  throw new PasswordEncoderError('Password could not be decoded, sanity check of length failed')
}

interface Derivation {
  readonly keyFactoryAlgorithm: string
  readonly salt: Buffer
  readonly iterations: number
  readonly keyLengthBits: number
}

function deriveKey(
  secret: Secret,
  { keyFactoryAlgorithm, salt, iterations, keyLengthBits }: Derivation,
): Buffer {
  const digest = /^PBKDF2WithHmac(SHA1|SHA224|SHA256|SHA384|SHA512)$/.exec(keyFactoryAlgorithm)?.[1]
  if (digest === undefined) throw new PasswordEncoderError(`${keyFactoryAlgorithm} is not known here`)
  if (iterations < 1) throw new PasswordEncoderError('a key needs at least one iteration')
  return pbkdf2Sync(secret.reveal(), salt, iterations, keyLengthBits / 8, digest.toLowerCase())
}

function cipherOf(algorithm: string, keyLengthBits: number): { mode: 'CBC' | 'GCM'; nodeName: string } {
  const mode = /^AES\/(?:(CBC)\/PKCS5Padding|(GCM)\/NoPadding)$/.exec(algorithm)
  if (!mode || ![128, 192, 256].includes(keyLengthBits)) {
    throw new PasswordEncoderError(`${algorithm} with a key of ${keyLengthBits} bits is not known here`)
  }
  return mode[1] === 'CBC'
    ? { mode: 'CBC', nodeName: `aes-${keyLengthBits}-cbc` }
    : { mode: 'GCM', nodeName: `aes-${keyLengthBits}-gcm` }
}

interface Cipher {
  update(data: Buffer): Buffer
  final(): Buffer
}

function runCipher(cipher: Cipher, data: Buffer): Buffer {
  return Buffer.concat([cipher.update(data), cipher.final()])
}

function encryptGcm(cipher: Cipher & { getAuthTag(): Buffer }, data: Buffer): Buffer {
  const encrypted = runCipher(cipher, data)
  return Buffer.concat([encrypted, cipher.getAuthTag()])
}

function decryptGcm(cipher: Cipher & { setAuthTag(tag: Buffer): unknown }, data: Buffer): Buffer {
  const tagStart = data.length - TAG_BITS / 8
  if (tagStart < 0) throw new PasswordEncoderError('the stored password is too short')
  cipher.setAuthTag(data.subarray(tagStart))
  return runCipher(cipher, data.subarray(0, tagStart))
}

function parseStored(stored: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  for (const pair of stored.split(',')) {
    const colon = pair.indexOf(':')
    if (colon > 0) pairs.set(pair.slice(0, colon).trim(), pair.slice(colon + 1).trim())
  }
  return pairs
}
