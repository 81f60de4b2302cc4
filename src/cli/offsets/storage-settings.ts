import type { ClusterAdmin } from '../../client/cluster-admin.ts'
import { CliError } from '../cli-error.ts'

export const STORAGES = ['kafka', 'zookeeper', 'dual'] as const
export type Storage = (typeof STORAGES)[number]

const DEFAULT_KEY = 'offsets.storage'
const OVERRIDES_KEY = 'offsets.storage.overrides'
/** The brokers together: the configuration resource without a name. */
const ALL_BROKERS = { type: 'broker', name: '' } as const

/** Where groups keep the offsets that they commit with version 1 or later. */
export class StorageSettings {
  readonly fallback: Storage
  readonly overrides: ReadonlyMap<string, Storage>

  constructor(fallback: Storage, overrides: ReadonlyMap<string, Storage>) {
    this.fallback = fallback
    this.overrides = overrides
  }

  of(group: string): Storage {
    return this.overrides.get(group) ?? this.fallback
  }

  /** With another storage for a group; null: the brokers' own again. */
  with(group: string, storage: Storage | null): StorageSettings {
    const overrides = new Map(this.overrides)
    if (storage === null) overrides.delete(group)
    else overrides.set(group, storage)
    return new StorageSettings(this.fallback, overrides)
  }

  /** As `offsets.storage.overrides` has them. */
  get text(): string {
    return [...this.overrides].map(([group, storage]) => `${encoded(group)}=${storage}`).join(';')
  }
}

function encoded(group: string): string {
  return group.replaceAll(/[;%]|^\s+|\s+$/g, (text) => encodeURIComponent(text))
}

/**
 * Asks every broker, since a group's coordinator may be any of them. Brokers that do not know the keys, such as those of
 * Apache Kafka, keep offsets in the topic. Throws CliError when brokers do not agree.
 */
export async function readStorageSettings(admin: ClusterAdmin): Promise<StorageSettings> {
  const { brokers } = await admin.metadata([])
  const resources = brokers.map(({ nodeId }) => ({ type: 'broker', name: String(nodeId) }) as const)
  const described = await admin.describeConfigs(resources, { keys: [DEFAULT_KEY, OVERRIDES_KEY] })
  const texts = described.map((configs) => {
    const value = (key: string): string => configs.find(({ name }) => name === key)?.value ?? ''
    return JSON.stringify([value(DEFAULT_KEY) || 'kafka', value(OVERRIDES_KEY)])
  })
  if (new Set(texts).size > 1) {
    throw new CliError('brokers do not agree on where offsets are kept', {
      advice: `give all of them the same ${DEFAULT_KEY}: zurau configs alter --entity-default brokers, or server.properties`,
    })
  }
  const [fallback, overrides] = JSON.parse(texts[0] ?? '["kafka",""]') as [string, string]
  return new StorageSettings(fallback.toLowerCase() as Storage, parseOverrides(overrides))
}

function parseOverrides(text: string): Map<string, Storage> {
  const overrides = new Map<string, Storage>()
  for (const entry of text.split(';')) {
    const equals = entry.lastIndexOf('=')
    if (equals < 0) continue
    overrides.set(
      decodeURIComponent(entry.slice(0, equals).trim()),
      entry.slice(equals + 1).trim() as Storage,
    )
  }
  return overrides
}

/** Changes one group's storage at all brokers, and leaves the others' as they are. */
export async function storeGroupIn(
  admin: ClusterAdmin,
  group: string,
  storage: Storage | null,
): Promise<void> {
  const next = (await readStorageSettings(admin)).with(group, storage)
  await admin.alterConfigs(
    ALL_BROKERS,
    next.overrides.size === 0
      ? [{ key: OVERRIDES_KEY, operation: 'delete', value: null }]
      : [{ key: OVERRIDES_KEY, operation: 'set', value: next.text }],
  )
}
