import type { Logger } from '../platform/logger.ts'
import type { QuotaAdmin } from '../quota/quota-admin.ts'
import { entryError } from './entry-error.ts'
import type { Handler } from './handler.ts'

/** Lists quotas that match. Source: KafkaApis.handleDescribeClientQuotasRequest (3.9). */
export function describeClientQuotas(services: {
  quotaAdmin: QuotaAdmin
  logger: Logger
}): Handler<'DescribeClientQuotas'> {
  const { quotaAdmin, logger } = services
  return async ({ components, strict }) => {
    try {
      const entries = await quotaAdmin.describe(components, strict)
      return { errorCode: 0, errorMessage: '', entries }
    } catch (error) {
      return { ...entryError(error, logger, 'describing client quotas'), entries: null }
    }
  }
}
