import type { Logger } from '../platform/logger.ts'
import type { QuotaAdmin } from '../quota/quota-admin.ts'
import type { QuotaComponent } from '../quota/quota-entity.ts'
import { entryError, type EntryError } from './entry-error.ts'
import type { Handler } from './handler.ts'

/** Sets and removes quotas, each entity by itself. Source: KafkaApis.handleAlterClientQuotasRequest (3.9). */
export function alterClientQuotas(services: {
  quotaAdmin: QuotaAdmin
  logger: Logger
}): Handler<'AlterClientQuotas'> {
  const { quotaAdmin, logger } = services
  return async ({ entries, validateOnly }) => ({
    entries: await Promise.all(
      entries.map(async ({ entity, ops }) => {
        let failure: EntryError = { errorCode: 0, errorMessage: null }
        try {
          await quotaAdmin.alter(entity, ops, validateOnly)
        } catch (error) {
          failure = entryError(error, logger, 'altering client quotas')
        }
        return { ...failure, entity: withoutRepeats(entity) }
      }),
    ),
  })
}

/** Of components of one type the last one counts: it stands for all of them in the answer. */
function withoutRepeats(components: readonly QuotaComponent[]): QuotaComponent[] {
  return [...new Map(components.map((component) => [component.entityType, component])).values()]
}
