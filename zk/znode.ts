import { ZooKeeperError } from './zookeeper.ts'

/** How long a znode lives: until it is deleted, with its creator's session, or as one of a numbered row. */
export type Lifetime = 'persistent' | 'ephemeral' | 'sequential'

/**
 * Who may do what when `zookeeper.set.acl` is on. `open`: anybody everything. `default`: the creator everything,
 * anybody read. `sensitive`: the creator alone.
 */
export type AclClass = 'open' | 'default' | 'sensitive'

/** Translates between a znode's data and its meaning. */
export interface ZnodeCodec<Value> {
  /** For the documentation: `JSON v3`, `decimal text`, `none`. */
  readonly format: string
  encode(value: Value): Buffer | null
  /** Throws MalformedZnodeError, naming `path`, when the data means nothing. */
  decode(data: Buffer | null, path: string): Value
}

/** A znode whose content is not what its place promises. Its writer is another program, or another version. */
export class MalformedZnodeError extends Error {
  override readonly name = 'MalformedZnodeError'
  readonly path: string

  constructor(path: string, fault: string, options?: ErrorOptions) {
    super(`znode ${path} is malformed: ${fault}`, options)
    this.path = path
  }
}

/** In place of an entity's name in `/config`: every entity that has no settings of its own. */
const DEFAULT_ENTITY = '<default>'

/** What may stand in braces in a path: `{topic}` is text, `{partition:int}` a number, and so on. */
interface ParameterKinds {
  text: string
  int: number
  /** A URL-encoded name (Kafka's Sanitizer); null is the default entity, `<default>` on disk. */
  entity: string | null
  /** The ten digits that ZooKeeper appends. */
  sequence: number
}
type Kind = keyof ParameterKinds

type Parameter<Text extends string> = Text extends `${infer Name}:${infer K extends Kind}`
  ? { readonly [N in Name]: ParameterKinds[K] }
  : { readonly [N in Text]: string }
type Collected<Template extends string> = Template extends `${string}{${infer Text}}${infer Rest}`
  ? Parameter<Text> & Collected<Rest>
  : unknown
/** The parameters that a path template asks for. */
export type ParametersOf<Template extends string> = {
  readonly [Name in keyof Collected<Template>]: Collected<Template>[Name]
}
type Arguments<Template extends string> = keyof Collected<Template> extends never
  ? []
  : [parameters: ParametersOf<Template>]

interface Declaration<Template extends string, Value> {
  readonly path: Template
  readonly lifetime: Lifetime
  readonly acl: AclClass
  readonly codec: ZnodeCodec<Value>
  /** One line: what the znode is for. */
  readonly meaning: string
}

/** Declares one kind of znode. The parameters of `at` and `match` follow from the path template. */
export function znode<const Template extends string, Value>(
  declaration: Declaration<Template, Value>,
): Znode<Template, Value> {
  return new Znode(declaration)
}

export class Znode<Template extends string, Value> {
  readonly template: Template
  readonly lifetime: Lifetime
  readonly acl: AclClass
  readonly meaning: string
  readonly codec: ZnodeCodec<Value>
  private readonly parts: readonly Part[]
  private readonly pattern: RegExp

  constructor(declaration: Declaration<Template, Value>) {
    this.template = declaration.path
    this.lifetime = declaration.lifetime
    this.acl = declaration.acl
    this.meaning = declaration.meaning
    this.codec = declaration.codec
    this.parts = parseTemplate(declaration.path)
    this.pattern = new RegExp(`^${this.parts.map((part) => part.pattern).join('')}$`)
  }

  /** The path with its parameters filled in. Throws BAD_ARGUMENTS for text that cannot be part of a path. */
  at(...[parameters]: Arguments<Template>): string {
    const values = (parameters ?? {}) as Readonly<Record<string, string | number | null>>
    return this.parts.map((part) => part.write(values)).join('')
  }

  /** The parameters of a path of this kind; null for other paths. */
  match(path: string): ParametersOf<Template> | null {
    const found = this.pattern.exec(path)
    if (found === null) return null
    const values: Record<string, string | number | null> = {}
    let group = 1
    for (const part of this.parts) {
      if (part.name !== null) values[part.name] = part.read(found[group++] ?? '')
    }
    return values as ParametersOf<Template>
  }

  /** What a create names to get the next number of a sequential row: the path without its digits. */
  prefix(this: Znode<`${string}{sequence:sequence}`, Value>): string {
    return this.template.slice(0, this.template.indexOf('{'))
  }

  encode(value: Value): Buffer | null {
    return this.codec.encode(value)
  }

  /** Throws MalformedZnodeError, naming `path`. */
  decode(data: Buffer | null, path: string): Value {
    return this.codec.decode(data, path)
  }
}

interface Part {
  readonly name: string | null
  /** For RegExp; with one group when the part is a parameter. */
  readonly pattern: string
  write(values: Readonly<Record<string, string | number | null>>): string
  read(text: string): string | number | null
}

const patternOf: Record<Kind, string> = {
  text: '([^/]+)',
  int: '(0|-?[1-9][0-9]{0,9})',
  entity: '([^/]+)',
  sequence: '(-?[0-9]{9,10})',
}

function parseTemplate(template: string): Part[] {
  return template
    .split(/(\{[^}]+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece.startsWith('{') ? parameterPart(piece.slice(1, -1)) : literalPart(piece)))
}

function literalPart(text: string): Part {
  const pattern = text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return { name: null, pattern, write: () => text, read: () => text }
}

function parameterPart(text: string): Part {
  const [name = '', kind = 'text'] = text.split(':') as [string, Kind?]
  return {
    name,
    pattern: patternOf[kind],
    write: (values) => writeParameter(name, kind, values[name] ?? null),
    read: (found) => readParameter(kind, found),
  }
}

function writeParameter(name: string, kind: Kind, value: string | number | null): string {
  if (kind === 'entity' && value === null) return DEFAULT_ENTITY
  if (kind === 'sequence') return formatSequence(Number(value))
  const text = kind === 'entity' ? sanitizeName(String(value)) : String(value)
  if (kind === 'int' ? Number.isInteger(value) : isPathComponent(text)) return text
  throw new ZooKeeperError('BAD_ARGUMENTS', text, `${JSON.stringify(text)} cannot be a ${name} in a path`)
}

function readParameter(kind: Kind, text: string): string | number | null {
  if (kind === 'int' || kind === 'sequence') return Number(text)
  if (kind === 'entity') return text === DEFAULT_ENTITY ? null : desanitizeName(text)
  return text
}

/** Whether ZooKeeper takes `text` between two slashes. Source: Apache ZooKeeper PathUtils.validatePath. */
function isPathComponent(text: string): boolean {
  const refused = /[/\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff/]/
  return text !== '' && text !== '.' && text !== '..' && !refused.test(text)
}

/** Ten digits, or a minus sign and nine: the counter is a signed 32-bit number and wraps. */
function formatSequence(sequence: number): string {
  return sequence < 0 ? `-${String(-sequence).padStart(9, '0')}` : String(sequence).padStart(10, '0')
}

/**
 * A user's or client's name as a part of a path: URL-encoded, a space as `%20` and a star as `%2A`.
 * Source: org.apache.kafka.common.utils.Sanitizer.
 */
export function sanitizeName(name: string): string {
  return encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, '?')).replaceAll(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The reverse of `sanitizeName`. Text that is not URL-encoded stands for itself. */
export function desanitizeName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
