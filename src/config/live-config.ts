import type { BrokerKeyName, BrokerValues } from './broker-keys.ts'
import { checkBrokerRules } from './broker-rules.ts'
import { ConfigError, ConfigRuleError } from './config-error.ts'
import type { DynamicScope, RejectedProperty } from './dynamic-rules.ts'
import { checkReconfiguration, usableProperties } from './dynamic-rules.ts'
import type { BrokerLayers, ConfigReader, Properties } from './layers.ts'
import { BrokerConfig, NO_PROPERTIES } from './layers.ts'
import { parsePrefixedName } from './listener-prefix.ts'

/** A step from one configuration to the next. */
export interface ConfigChange {
  readonly before: BrokerConfig
  readonly after: BrokerConfig
  /** The names whose value in force is another one, prefixed and custom names among them. */
  readonly names: ReadonlySet<string>
}

export interface LayerUpdate {
  /** Null when nothing in force changed. */
  readonly change: ConfigChange | null
  /** Properties that were left out, and why. When the layer as a whole is impossible, all of it. */
  readonly rejected: readonly RejectedProperty[]
}

type ChangeListener = (change: ConfigChange) => void

/**
 * A broker's configuration while it runs: the static layer for good, the dynamic layers as ZooKeeper has them now.
 * Components keep this object and ask it each time, or follow the keys that they cannot ask for each time.
 */
export class LiveBrokerConfig implements ConfigReader {
  private snapshot: BrokerConfig
  private readonly listeners = new Set<{
    readonly names: ReadonlySet<string> | null
    readonly tell: ChangeListener
  }>()
  private hasStarted = false

  /** Throws ConfigError or ConfigRuleError when the static layer cannot be. */
  constructor(staticProperties: Properties) {
    this.snapshot = new BrokerConfig({
      static: staticProperties,
      clusterDefault: NO_PROPERTIES,
      perBroker: NO_PROPERTIES,
    })
    checkBrokerRules(this.snapshot)
  }

  /** What is in force now. Immutable: whoever needs several values that belong together takes one snapshot. */
  get current(): BrokerConfig {
    return this.snapshot
  }

  get<Name extends BrokerKeyName>(name: Name): BrokerValues[Name] {
    return this.snapshot.get(name)
  }

  /** From now on a change must also be one that a running broker can make. Call it when the dynamic layers are read. */
  start(): void {
    this.hasStarted = true
  }

  /**
   * Replaces the layer of one znode by its properties, with passwords decrypted. Never throws for what stands there:
   * single properties that cannot be are left out, and a layer that cannot be as a whole leaves the old one in force.
   */
  replaceLayer(scope: DynamicScope, properties: Properties): LayerUpdate {
    const { usable, rejected } = usableProperties(properties, scope)
    const before = this.snapshot
    const layers: BrokerLayers = {
      ...before.layers,
      [scope === 'broker' ? 'perBroker' : 'clusterDefault']: usable,
    }
    let after: BrokerConfig
    try {
      after = new BrokerConfig(layers)
      checkBrokerRules(after)
      if (this.hasStarted) checkReconfiguration(before, after)
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof ConfigRuleError)) throw error
      const reason = error.message
      return {
        change: null,
        rejected: [...rejected, ...[...usable.keys()].map((name) => ({ name, reason }))],
      }
    }
    this.snapshot = after
    const names = changedNames(before, after)
    if (names.size === 0) return { change: null, rejected }
    const change: ConfigChange = { before, after, names }
    this.tell(change)
    return { change, rejected }
  }

  /**
   * Calls `tell` after each change of one of `names`, for one listener or for all (null: of anything at all), with the
   * new snapshot already in force.
   * Returns what ends that. An error of one listener reaches the caller of `replaceLayer` after all were told.
   */
  onChange(names: readonly BrokerKeyName[] | null, tell: ChangeListener): () => void {
    const listener = { names: names === null ? null : new Set(names), tell }
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  private tell(change: ConfigChange): void {
    const errors: unknown[] = []
    for (const { names, tell } of [...this.listeners]) {
      if (
        names !== null &&
        ![...change.names].some((name) => names.has(parsePrefixedName(name)?.base ?? name))
      )
        continue
      try {
        tell(change)
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, 'a component could not follow a change of configuration')
  }
}

function changedNames(before: BrokerConfig, after: BrokerConfig): ReadonlySet<string> {
  const names = new Set([...before.texts.keys(), ...after.texts.keys()])
  return new Set([...names].filter((name) => before.textOf(name) !== after.textOf(name)))
}
