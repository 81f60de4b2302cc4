import { brokerKey, brokerKeyNames, isBrokerKey } from './broker-keys.ts'
import { brokenRules } from './broker-rules.ts'
import type { Environment, Note } from './environment.ts'
import type { Properties } from './layers.ts'
import { BrokerConfig, defaultTextOf, illegalTexts, NO_PROPERTIES } from './layers.ts'
import type { LegacyListenerKey } from './legacy-keys.ts'
import { LEGACY_LISTENER_KEYS, listenersOfLegacyKeys, whyGone } from './legacy-keys.ts'
import { keyOfName, parsePrefixedName } from './listener-prefix.ts'
import { nearestName } from './nearest-name.ts'
import type { PropertiesFile } from './properties-file.ts'

/** Where a broker's static configuration comes from, weakest first. */
export interface ConfigInputs {
  readonly file: PropertiesFile | null
  readonly environment: Environment | null
  /** The first lines of the files that the environment names, by path. */
  readonly fileTexts: ReadonlyMap<string, string>
  /** What followed each `--override`: `key=value`. */
  readonly overrides: readonly string[]
}

export interface StaticConfig {
  readonly properties: Properties
  /** Where each of the properties was set, in words: "server.properties line 12", "KAFKA_LOG_DIRS", "--override". */
  readonly origins: ReadonlyMap<string, string>
  /** Why a broker cannot start with this, a line each: where, which key, what is allowed. Empty: it can. */
  readonly faults: readonly string[]
  /** What its owner should know, or may want to. */
  readonly notes: readonly Note[]
}

/** Makes one static configuration of file, environment and command line. Whatever is wrong comes back, all at once. */
export function resolveStaticConfig(inputs: ConfigInputs): StaticConfig {
  const draft = new Draft()
  takeFile(draft, inputs)
  takeEnvironment(draft, inputs)
  takeOverrides(draft, inputs)
  mapLegacyListeners(draft)
  deriveListeners(draft, inputs)
  noteNames(draft)
  judge(draft)
  return draft
}

/** The configuration while it is put together. */
class Draft implements StaticConfig {
  readonly properties = new Map<string, string>()
  readonly origins = new Map<string, string>()
  readonly faults: string[] = []
  readonly notes: Note[] = []

  set(name: string, value: string, origin: string): void {
    this.properties.set(name, value)
    this.origins.set(name, origin)
  }

  remove(name: string): void {
    this.properties.delete(name)
    this.origins.delete(name)
  }

  note(level: Note['level'], message: string): void {
    this.notes.push({ level, message })
  }

  originOf(name: string): string {
    return this.origins.get(name) ?? 'default'
  }
}

function takeFile(draft: Draft, { file }: ConfigInputs): void {
  if (file === null) return
  const lines = new Map<string, number>()
  for (const { name, value, line } of file.properties) {
    const earlier = lines.get(name)
    if (earlier !== undefined) {
      draft.note(
        'warn',
        `${file.name}: ${name} is set on line ${earlier} and again on line ${line}; line ${line} counts`,
      )
    }
    lines.set(name, line)
    draft.set(name, value, `${file.name} line ${line}`)
  }
}

function takeEnvironment(draft: Draft, { environment, fileTexts }: ConfigInputs): void {
  if (environment === null) return
  draft.notes.push(...environment.notes)
  for (const { name, value, variable } of environment.properties) draft.set(name, value, variable)
  for (const { name, path, variable } of environment.inFiles) {
    const text = fileTexts.get(path)
    if (text === undefined) draft.faults.push(`${variable}: ${path}, which holds ${name}, cannot be read`)
    else draft.set(name, text.split(/\r?\n/)[0] ?? '', variable)
  }
}

function takeOverrides(draft: Draft, { overrides }: ConfigInputs): void {
  for (const override of overrides) {
    const equals = override.indexOf('=')
    const name = override.slice(0, equals).trim()
    if (equals < 0 || name === '') draft.faults.push(`--override ${override}: must be of the form key=value`)
    else draft.set(name, override.slice(equals + 1), '--override')
  }
}

/** `port`, `host.name` and their advertised twins, gone since Kafka 3.0, where the listeners are not said otherwise. */
function mapLegacyListeners(draft: Draft): void {
  const values = new Map<LegacyListenerKey, string>()
  const said: string[] = []
  for (const name of LEGACY_LISTENER_KEYS) {
    const value = draft.properties.get(name)
    if (value === undefined) continue
    values.set(name, value)
    said.push(`${name} (${draft.originOf(name)})`)
    draft.remove(name)
  }
  if (values.size === 0) return
  const { listeners, advertisedListeners } = listenersOfLegacyKeys(values)
  const used: string[] = []
  for (const [name, text] of [
    ['listeners', listeners],
    ['advertised.listeners', advertisedListeners],
  ] as const) {
    if (text === null || draft.properties.has(name)) continue
    draft.set(name, text, said.join(', '))
    used.push(`${name}=${text}`)
  }
  const outcome = used.length > 0 ? `read as ${used.join(' and ')}` : 'ignored, for the listeners are set'
  draft.note('warn', `${said.join(', ')}: removed in Kafka 3.0; ${outcome}`)
}

/** Like the images, where only the advertised listeners are given: the same ports on every address. */
function deriveListeners(draft: Draft, { environment }: ConfigInputs): void {
  const advertised = environment?.properties.find(({ name }) => name === 'advertised.listeners')
  if (advertised === undefined || draft.properties.has('listeners')) return
  const listeners = advertised.value.replace(/:\/\/[^,]*:(\d+)/g, '://0.0.0.0:$1')
  draft.set('listeners', listeners, advertised.variable)
  draft.note('info', `listeners=${listeners} follows from ${advertised.variable}`)
}

function noteNames(draft: Draft): void {
  for (const [name, text] of draft.properties) {
    const origin = draft.originOf(name)
    const key = keyOfName(name)
    const gone = whyGone(name)
    if (gone !== null) draft.note('warn', `${origin}: ${name} has no effect: ${gone}`)
    else if (key === null)
      draft.note('warn', `${origin}: ${name} is not a known key and has no effect${suggestion(name)}`)
    else if (key.update === 'dynamic-only') {
      draft.note('warn', `${origin}: ${name} counts only as dynamic configuration (kafka-configs --alter)`)
    } else if (key.noEffect !== null && isBrokerKey(name) && text.trim() !== defaultTextOf(name)) {
      draft.note('info', `${origin}: ${name} has no effect: ${key.noEffect}`)
    }
  }
}

function suggestion(name: string): string {
  const prefixed = parsePrefixedName(name)
  const nearest = nearestName(prefixed?.base ?? name, brokerKeyNames)
  if (nearest === null) return ''
  const meant = prefixed ? name.slice(0, name.length - prefixed.base.length) + nearest : nearest
  return ` (did you mean ${meant}?)`
}

/** Each text by itself; and when these are legal, all together. */
function judge(draft: Draft): void {
  for (const { key: name } of illegalTexts(draft.properties)) {
    const allowed = keyOfName(name)?.type.allowed ?? ''
    const written = `${name}=${draft.properties.get(name) ?? ''}`
    draft.faults.push(`${draft.originOf(name)}: ${written} is not allowed; it must be ${allowed}`)
  }
  if (draft.faults.length > 0) return
  const layers = { static: draft.properties, clusterDefault: NO_PROPERTIES, perBroker: NO_PROPERTIES }
  draft.faults.push(...brokenRules(new BrokerConfig(layers)))
}

/** A row of `zurau config explain`. */
export interface ExplainedKey {
  readonly name: string
  /** As Kafka prints it; "(hidden)" for secrets and unknown keys; null when there is none. */
  readonly value: string | null
  readonly origin: string
  readonly noEffect: string | null
}

/** Every key with its value and where that comes from. Keys that nobody set are left out on request. */
export function explainConfig(
  config: BrokerConfig,
  origins: ReadonlyMap<string, string>,
  { onlySet }: { readonly onlySet: boolean },
): ExplainedKey[] {
  const names = new Set([...(onlySet ? [] : brokerKeyNames), ...config.texts.keys()])
  return [...names].sort().map((name) => {
    const key = keyOfName(name)
    const isHidden = (key === null || key.type.name === 'PASSWORD') && config.isSet(name)
    return {
      name,
      value: isHidden ? '(hidden)' : config.textOf(name),
      origin: originOf(config, origins, name),
      noEffect: brokerKey(name)?.noEffect ?? null,
    }
  })
}

function originOf(config: BrokerConfig, origins: ReadonlyMap<string, string>, name: string): string {
  const source = config.sourceOf(name)
  switch (source) {
    case 'DYNAMIC_BROKER_CONFIG':
      return 'dynamic configuration of this broker'
    case 'DYNAMIC_DEFAULT_BROKER_CONFIG':
      return 'dynamic configuration of all brokers'
    case 'STATIC_BROKER_CONFIG':
      // broker.id and node.id set each other.
      return origins.get(name) ?? origins.get('broker.id') ?? origins.get('node.id') ?? 'static configuration'
    case 'DEFAULT_CONFIG':
    case 'TOPIC_CONFIG':
    case 'DYNAMIC_BROKER_LOGGER_CONFIG':
      return 'default'
  }
}
