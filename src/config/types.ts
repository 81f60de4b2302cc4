import { ConfigError } from './config-error.ts'
import { javaTrim, parseJavaDouble, printJavaDouble } from './java-text.ts'
import { Secret } from './secret.ts'

/**
 * Kafka's names of value types, with their codes in DescribeConfigs answers.
 * Source: ConfigDef.Type, DescribeConfigsResponse.ConfigType.
 */
export const CONFIG_TYPE_CODES = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
} as const
export type ConfigTypeName = keyof typeof CONFIG_TYPE_CODES
/** The type code of a key that nobody declared. */
export const UNKNOWN_TYPE_CODE = 0

/** What the values of a key are: how they are read, checked and printed. */
export interface ConfigType<T> {
  readonly name: ConfigTypeName
  /** The legal values, as they complete "must be …". */
  readonly allowed: string
  /** The value of a text; throws ConfigError in Kafka's words when the text is not legal for `key`. */
  parse(key: string, text: string): T
  /** The value as Kafka prints it. */
  print(value: T): string
  /** The value of a legal text as Kafka prints it. Exact also where the value is not, see `long`. */
  canonical(text: string): string
}

/** A legal value in Kafka's text form; the part of a type that most types share. */
export function configType<T>(
  name: ConfigTypeName,
  allowed: string,
  parse: (key: string, text: string) => T,
  print: (value: T) => string = String,
): ConfigType<T> {
  return { name, allowed, parse, print, canonical: (text) => print(parse('', text)) }
}

export interface Bounds {
  readonly min?: number
  readonly max?: number
}

function checkBounds(
  key: string,
  value: number,
  { min, max }: Bounds,
  print: (value: number) => string = String,
): void {
  if (min !== undefined && value < min)
    throw new ConfigError(key, print(value), `Value must be at least ${min}`)
  if (max !== undefined && value > max)
    throw new ConfigError(key, print(value), `Value must be no more than ${max}`)
}

function allowedNumbers(kind: string, { min, max }: Bounds): string {
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`
  if (min !== undefined) return `${kind}, at least ${min}`
  if (max !== undefined) return `${kind}, at most ${max}`
  return kind
}

export function boolean(): ConfigType<boolean> {
  return configType('BOOLEAN', 'true or false', (key, text) => {
    const word = javaTrim(text).toLowerCase()
    if (word !== 'true' && word !== 'false') {
      throw new ConfigError(key, text, 'Expected value to be either true or false')
    }
    return word === 'true'
  })
}

function wholeNumber(name: 'INT' | 'SHORT', bits: 31 | 15, bounds: Bounds): ConfigType<number> {
  return configType(name, allowedNumbers('a whole number', bounds), (key, text) => {
    const digits = javaTrim(text)
    const value = /^[+-]?\d+$/.test(digits) ? Number(digits) : NaN
    if (!(value >= -(2 ** bits) && value < 2 ** bits)) {
      throw new ConfigError(key, text, `Not a number of type ${name}`)
    }
    checkBounds(key, value, bounds)
    return value === 0 ? 0 : value // never -0
  })
}

/** A 32-bit number. */
export function int(bounds: Bounds = {}): ConfigType<number> {
  return wholeNumber('INT', 31, bounds)
}

/** A 16-bit number. */
export function short(bounds: Bounds = {}): ConfigType<number> {
  return wholeNumber('SHORT', 15, bounds)
}

const LONG_MAX = 2n ** 63n - 1n

function parseLong(text: string): bigint | null {
  const digits = javaTrim(text)
  if (!/^[+-]?\d+$/.test(digits)) return null
  const value = BigInt(digits.replace(/^\+/, ''))
  return value >= -LONG_MAX - 1n && value <= LONG_MAX ? value : null
}

/**
 * A 64-bit number, read as a number: what lies beyond ±(2^53 - 1) reads as ±Infinity. Where Kafka writes 2^63 - 1 it
 * means "never" or "no limit", and Infinity says that in every comparison and sum without a bigint on a hot path.
 * Whoever sets a timer by such a value asks Number.isFinite first. Texts stay exact: `canonical` keeps all digits, and
 * Infinity prints as 9223372036854775807.
 */
export function long(bounds: Bounds = {}): ConfigType<number> {
  const read = (key: string, text: string): bigint => {
    const exact = parseLong(text)
    if (exact === null) throw new ConfigError(key, text, 'Not a number of type LONG')
    checkBounds(key, Number(exact), bounds, () => String(exact))
    return exact
  }
  return {
    name: 'LONG',
    allowed: allowedNumbers('a whole number', bounds),
    parse(key, text) {
      const value = Number(read(key, text))
      if (Number.isSafeInteger(value)) return value
      return value > 0 ? Infinity : -Infinity
    },
    print(value) {
      if (Number.isFinite(value)) return String(value)
      return String(value > 0 ? LONG_MAX : -LONG_MAX - 1n)
    },
    canonical: (text) => String(read('', text)),
  }
}

/** A 64-bit floating point number. Unlike Kafka, NaN is refused: it would pass every bound and mean nothing. */
export function double(bounds: Bounds = {}): ConfigType<number> {
  return configType(
    'DOUBLE',
    allowedNumbers('a number', bounds),
    (key, text) => {
      const value = parseJavaDouble(javaTrim(text))
      if (value === null) throw new ConfigError(key, text, 'Not a number of type DOUBLE')
      checkBounds(key, value, bounds, printJavaDouble)
      return value
    },
    printJavaDouble,
  )
}

export function string(): ConfigType<string> {
  return configType('STRING', 'any text', (_key, text) => javaTrim(text))
}

export function nonEmptyString(): ConfigType<string> {
  return configType('STRING', 'a text that is not empty', (key, text) => {
    const value = javaTrim(text)
    if (value === '') throw new ConfigError(key, value, 'String must be non-empty')
    return value
  })
}

function pickOne<const Word extends string>(key: string, words: readonly Word[], word: string): Word {
  const found = words.find((candidate) => candidate === word)
  if (found === undefined) throw new ConfigError(key, word, `String must be one of: ${words.join(', ')}`)
  return found
}

/** One of some words, spelt exactly so. */
export function oneOf<const Word extends string>(...words: readonly Word[]): ConfigType<Word> {
  return configType('STRING', `one of ${words.join(', ')}`, (key, text) =>
    pickOne(key, words, javaTrim(text)),
  )
}

/** One of some words, in capitals or not; the value is the word as it is listed here. */
export function oneOfIgnoringCase<const Word extends string>(...words: readonly Word[]): ConfigType<Word> {
  return {
    name: 'STRING',
    allowed: `one of ${words.join(', ')}`,
    parse(key, text) {
      const written = javaTrim(text)
      const word = words.find((candidate) => candidate.toUpperCase() === written.toUpperCase())
      if (word !== undefined) return word
      const listed = words.map((candidate) => candidate.toUpperCase()).join(', ')
      throw new ConfigError(key, written, `String must be one of (case insensitive): ${listed}`)
    },
    print: (word) => word,
    canonical: javaTrim,
  }
}

/** The entries between the commas; none in an empty text. Source: ConfigDef.parseType for LIST. */
export function splitList(text: string): string[] {
  const trimmed = javaTrim(text)
  return trimmed === '' ? [] : trimmed.split(/\s*,\s*/)
}

function printList(entries: readonly string[]): string {
  return entries.join(',')
}

export function list(): ConfigType<readonly string[]> {
  return configType(
    'LIST',
    'a list with commas',
    (_key, text): readonly string[] => splitList(text),
    printList,
  )
}

/** A list of some words; it may be empty and may repeat a word. */
export function listOf<const Word extends string>(...words: readonly Word[]): ConfigType<readonly Word[]> {
  return configType(
    'LIST',
    `a list with commas of ${words.join(', ')}`,
    (key, text): readonly Word[] => splitList(text).map((entry) => pickOne(key, words, entry)),
    printList,
  )
}

function knownClass(key: string, classes: readonly string[], text: string): string {
  const name = javaTrim(text)
  if (!classes.includes(name)) throw new ConfigError(key, name, `Class ${name} could not be found.`)
  return name
}

function allowedClasses(classes: readonly string[]): string {
  return classes.length === 0 ? 'not set: no Java class can be loaded' : `one of ${classes.join(', ')}`
}

/** The name of a Java class that has a counterpart here. All others are refused in the words of a JVM without them. */
export function className(...classes: readonly string[]): ConfigType<string> {
  return configType('CLASS', allowedClasses(classes), (key, text) => knownClass(key, classes, text))
}

/** The same where Kafka declares the key as STRING. The empty text is legal when it is listed. */
export function classNameText(...classes: readonly string[]): ConfigType<string> {
  const names = classes.map((name) => (name === '' ? 'empty' : name))
  return configType('STRING', allowedClasses(names), (key, text) => knownClass(key, classes, text))
}

/** A secret. Its text is never printed: DescribeConfigs answers null in its place. */
export function password(): ConfigType<Secret> {
  return configType('PASSWORD', 'any text', (_key, text) => new Secret(javaTrim(text)))
}
