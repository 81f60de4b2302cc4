import { KafkaError } from '../model/errors.ts'
import type { ConfigEntity } from '../../zk/stores/config-entity.ts'

/** Whom a quota is for: users, client ids, a user's client ids, addresses. A null name stands for all without their own. */
export type QuotaEntity = Exclude<ConfigEntity, { type: 'topics' } | { type: 'brokers' }>

/** A part of an entity as it is on the wire: `user`, `client-id` or `ip`, and a name or null. */
export interface QuotaComponent {
  readonly entityType: string
  readonly entityName: string | null
}

type Names = Partial<Record<'user' | 'client-id' | 'ip', string | null>>

/**
 * The entity that components on the wire mean; of two components of one type the later one counts. Throws KafkaError
 * INVALID_REQUEST. Source: ZkAdminManager.parseAndSanitizeQuotaEntity.
 */
export function quotaEntityOf(components: readonly QuotaComponent[]): QuotaEntity {
  if (components.length === 0) throw invalid('Invalid empty client quota entity')
  const names: Names = {}
  for (const { entityType, entityName } of components) {
    if (entityType !== 'user' && entityType !== 'client-id' && entityType !== 'ip') {
      throw invalid(`Unhandled client quota entity type: ${entityType}`)
    }
    if (entityName === '') throw invalid(`Empty ${entityType} not supported`)
    names[entityType] = entityName
  }
  const { user, 'client-id': client, ip } = names
  if (ip !== undefined) {
    if (user === undefined && client === undefined) return { type: 'ips', name: ip }
    throw invalid(
      'Invalid quota entity combination, IP entity should not be used with user/client ID entity.',
    )
  }
  if (user === undefined) return { type: 'clients', name: client ?? null }
  return client === undefined ? { type: 'users', name: user } : { type: 'user-clients', user, client }
}

/** The components of an entity on the wire. */
export function quotaComponentsOf(entity: QuotaEntity): QuotaComponent[] {
  switch (entity.type) {
    case 'users':
      return [{ entityType: 'user', entityName: entity.name }]
    case 'clients':
      return [{ entityType: 'client-id', entityName: entity.name }]
    case 'ips':
      return [{ entityType: 'ip', entityName: entity.name }]
    case 'user-clients':
      return [
        { entityType: 'user', entityName: entity.user },
        { entityType: 'client-id', entityName: entity.client },
      ]
  }
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', message)
}
