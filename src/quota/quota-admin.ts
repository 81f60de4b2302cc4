import { printJavaDouble } from '../config/java-text.ts'
import { KafkaError } from '../model/errors.ts'
import type { ConfigStore, EntityWithConfig } from '../../zk/stores/config-store.ts'
import { quotaComponentsOf, quotaEntityOf, type QuotaComponent, type QuotaEntity } from './quota-entity.ts'
import { isAsked, quotaFilterOf, type QuotaFilter, type QuotaFilterComponent } from './quota-filter.ts'
import { quotaKeysOf, type QuotaKeys } from './quota-keys.ts'

/** A change of one quota; `value` does not count when it is removed. */
export interface QuotaChange {
  readonly key: string
  readonly value: number
  readonly remove: boolean
}

export interface DescribedQuotas {
  readonly entity: readonly QuotaComponent[]
  readonly values: readonly { readonly key: string; readonly value: number }[]
}

/** How far a number may be from a whole one, where a quota must be whole. Kafka's constant. */
const EPSILON = 1e-6
const LONG_MAX = 2n ** 63n - 1n
const INT_MAX = 2n ** 31n - 1n

/**
 * Client quotas in ZooKeeper, from where every broker takes them. Credentials in the same znodes stay what they are.
 * Source: kafka.server.ZkAdminManager.describeClientQuotas, alterClientQuotas (3.9); KIP-546.
 */
export class QuotaAdmin {
  private readonly store: ConfigStore

  constructor(options: { store: ConfigStore }) {
    this.store = options.store
  }

  /** All or nothing, of one entity. Throws KafkaError INVALID_REQUEST. */
  async alter(
    components: readonly QuotaComponent[],
    changes: readonly QuotaChange[],
    validateOnly: boolean,
  ): Promise<void> {
    const entity = quotaEntityOf(components)
    if (entity.type === 'ips') checkAddress(entity.name)
    const keys = quotaKeysOf(entity.type)
    await this.store.update(entity, (current) => {
      const next = new Map(current)
      for (const { key, value, remove } of changes) {
        if (!remove) next.set(key, quotaText(keys, key, value))
        // Whatever else is kept here, this request takes nothing of it away.
        else if (Object.hasOwn(keys, key)) next.delete(key)
      }
      return validateOnly ? null : next
    })
  }

  /** The entities that have quotas, in the order of their paths. Throws KafkaError INVALID_REQUEST, UNSUPPORTED_VERSION. */
  async describe(components: readonly QuotaFilterComponent[], isStrict: boolean): Promise<DescribedQuotas[]> {
    const filter = quotaFilterOf(components, isStrict)
    const described: DescribedQuotas[] = []
    for (const { entity, config } of await this.candidates(filter)) {
      if (entity.type === 'topics' || entity.type === 'brokers' || !isAsked(filter, entity)) continue
      const keys = quotaKeysOf(entity.type)
      const values = [...config]
        .filter(([key]) => Object.hasOwn(keys, key))
        .map(([key, text]) => ({ key, value: Number(text) }))
        .filter(({ value }) => !Number.isNaN(value))
      if (values.length > 0) described.push({ entity: quotaComponentsOf(entity), values })
    }
    return described
  }

  /** What has to be read to answer a filter: single entities where names are given, else all of a type. */
  private async candidates(filter: QuotaFilter): Promise<EntityWithConfig[]> {
    const single = onlyCandidate(filter)
    if (single !== null) return this.store.readMany([single])
    const { user, client, ip, isStrict } = filter
    const isAddress = ip.kind !== 'unasked'
    const hasUsers = !isAddress && !(isStrict && user.kind === 'unasked')
    const hasClients = !isAddress && user.kind === 'unasked' && !(isStrict && client.kind === 'unasked')
    const hasAddresses = isAddress || (!isStrict && user.kind === 'unasked' && client.kind === 'unasked')
    const found = await Promise.all([
      hasUsers ? this.store.readAll('users') : [],
      hasClients ? this.store.readAll('clients') : [],
      hasAddresses ? this.store.readAll('ips') : [],
    ])
    return found.flat()
  }
}

/** The one entity that a filter can mean; null where it may mean several. */
function onlyCandidate({ user, client, ip, isStrict }: QuotaFilter): QuotaEntity | null {
  if (ip.kind === 'exactly') return { type: 'ips', name: ip.name }
  if (user.kind === 'exactly' && client.kind === 'exactly') {
    return { type: 'user-clients', user: user.name, client: client.name }
  }
  if (!isStrict) return null
  if (user.kind === 'exactly' && client.kind === 'unasked') return { type: 'users', name: user.name }
  if (client.kind === 'exactly' && user.kind === 'unasked') return { type: 'clients', name: client.name }
  return null
}

function quotaText(keys: QuotaKeys, key: string, value: number): string {
  const type = Object.hasOwn(keys, key) ? keys[key] : undefined
  if (type === undefined) throw new KafkaError('INVALID_REQUEST', `Invalid configuration key ${key}`)
  if (type === 'DOUBLE') {
    // Unlike Kafka, which keeps it: NaN is no limit, and not without one either.
    if (!Number.isNaN(value)) return printJavaDouble(value)
  } else {
    const whole = wholeNumber(value + EPSILON, type === 'LONG' ? LONG_MAX : INT_MAX)
    if (Math.abs(Number(whole) - value) <= EPSILON) return String(whole)
  }
  throw new KafkaError('INVALID_REQUEST', `Configuration ${key} must be a ${type} value`)
}

/** As Java casts a double: towards zero, and to the nearest number that there is; 0 for NaN. */
function wholeNumber(value: number, max: bigint): bigint {
  if (Number.isNaN(value)) return 0n
  if (value >= Number(max)) return max
  if (value <= -Number(max) - 1) return -max - 1n
  return BigInt(Math.trunc(value))
}

/**
 * Unlike in Kafka, no names are looked up but `localhost`: an address quota is for an IPv4 address. (Kafka cannot take
 * others either: it escapes the colons of an IPv6 address before it looks.)
 */
function checkAddress(address: string | null): void {
  if (address === null || address === 'localhost' || isIPv4(address)) return
  throw new KafkaError(
    'INVALID_REQUEST',
    `${encodeURIComponent(address)} is not a valid IP or resolvable host.`,
  )
}

function isIPv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}
