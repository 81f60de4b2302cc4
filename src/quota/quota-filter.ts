import { KafkaError } from '../model/errors.ts'
import type { QuotaEntity } from './quota-entity.ts'

/** A component of a filter as it is on the wire. */
export interface QuotaFilterComponent {
  readonly entityType: string
  /** 0 this name, 1 the default, 2 any name. */
  readonly matchType: number
  readonly match: string | null
}

/** Which names of one type are asked for: one (null: the default), or any. */
export type NameFilter =
  | { readonly kind: 'exactly'; readonly name: string | null }
  | { readonly kind: 'any' }
  | { readonly kind: 'unasked' }

/** Which entities are asked for. `isStrict`: only those without components of types that are not asked for. */
export interface QuotaFilter {
  readonly user: NameFilter
  readonly client: NameFilter
  readonly ip: NameFilter
  readonly isStrict: boolean
}

const UNASKED: NameFilter = { kind: 'unasked' }

/** Throws KafkaError INVALID_REQUEST, UNSUPPORTED_VERSION. Source: ZkAdminManager.describeClientQuotas. */
export function quotaFilterOf(components: readonly QuotaFilterComponent[], isStrict: boolean): QuotaFilter {
  const filter = { user: UNASKED, client: UNASKED, ip: UNASKED, isStrict }
  const names = components.map(nameFilterOf)
  for (const [index, { entityType }] of components.entries()) {
    const type = typeOf(entityType)
    if (filter[type] !== UNASKED) {
      throw new KafkaError('INVALID_REQUEST', `Duplicate ${type} filter component entity type`)
    }
    filter[type] = names[index] ?? UNASKED
  }
  if (filter.ip !== UNASKED && (filter.user !== UNASKED || filter.client !== UNASKED)) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'Invalid entity filter component combination, IP filter component should not be used with user or clientId ' +
        'filter component.',
    )
  }
  return filter
}

function typeOf(entityType: string): 'user' | 'client' | 'ip' {
  switch (entityType) {
    case 'user':
    case 'ip':
      return entityType
    case 'client-id':
      return 'client'
    case '':
      throw new KafkaError('INVALID_REQUEST', 'Unexpected empty filter component entity type')
    default:
      throw new KafkaError('UNSUPPORTED_VERSION', `Custom entity type '${entityType}' not supported`)
  }
}

/** Kafka's answer to a kind of match that it does not know is an unexpected error without words. */
function nameFilterOf({ matchType, match }: QuotaFilterComponent): NameFilter {
  switch (matchType) {
    case 0:
      if (match === null) throw new KafkaError('UNKNOWN_SERVER_ERROR')
      return { kind: 'exactly', name: match }
    case 1:
      return { kind: 'exactly', name: null }
    case 2:
      return { kind: 'any' }
    default:
      throw new KafkaError('UNKNOWN_SERVER_ERROR')
  }
}

export function isAsked(filter: QuotaFilter, entity: QuotaEntity): boolean {
  const { user, client, ip, isStrict } = filter
  // A name that the entity does not have is undefined.
  const fits = (asked: NameFilter, name: string | null | undefined): boolean => {
    if (asked.kind === 'unasked') return name === undefined || !isStrict
    return name !== undefined && (asked.kind === 'any' || asked.name === name)
  }
  switch (entity.type) {
    case 'users':
      return fits(user, entity.name) && fits(client, undefined) && fits(ip, undefined)
    case 'clients':
      return fits(user, undefined) && fits(client, entity.name) && fits(ip, undefined)
    case 'user-clients':
      return fits(user, entity.user) && fits(client, entity.client) && fits(ip, undefined)
    case 'ips':
      return fits(user, undefined) && fits(client, undefined) && fits(ip, entity.name)
  }
}
