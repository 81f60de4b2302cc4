import type { Logger } from '../platform/logger.ts'
import type { ScramAdmin } from '../security/scram-admin.ts'
import { entryError } from './entry-error.ts'
import type { Handler } from './handler.ts'

/** Tells who can log in with SCRAM. Source: KafkaApis.handleDescribeUserScramCredentialsRequest (3.9). */
export function describeUserScramCredentials(services: {
  scramAdmin: ScramAdmin
  logger: Logger
}): Handler<'DescribeUserScramCredentials'> {
  const { scramAdmin, logger } = services
  const what = 'describing SCRAM credentials'
  return async ({ users }) => {
    try {
      const described = await scramAdmin.describe(users?.map(({ name }) => name) ?? null)
      return {
        errorCode: 0,
        errorMessage: '',
        results: described.map((each) =>
          each.error === null
            ? { user: each.user, errorCode: 0, errorMessage: '', credentialInfos: each.credentials }
            : { user: each.user, ...entryError(each.error, logger, what) },
        ),
      }
    } catch (error) {
      return entryError(error, logger, what)
    }
  }
}
