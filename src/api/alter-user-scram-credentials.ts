import type { Controller } from '../controller/controller.ts'
import { KafkaError } from '../model/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { ScramAdmin, ScramOutcome } from '../security/scram-admin.ts'
import { entryError } from './entry-error.ts'
import type { Handler } from './handler.ts'

/**
 * Sets and removes SCRAM credentials. Only the controller does that, though any broker could.
 * Source: KafkaApis.handleAlterUserScramCredentialsRequest (3.9).
 */
export function alterUserScramCredentials(services: {
  controller: Pick<Controller, 'isActive'>
  scramAdmin: ScramAdmin
  logger: Logger
}): Handler<'AlterUserScramCredentials'> {
  const { controller, scramAdmin, logger } = services

  return async ({ deletions, upsertions }) => {
    if (controller.isActive) return { results: (await scramAdmin.alter(deletions, upsertions)).map(resultOf) }
    const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
    const error = new KafkaError('NOT_CONTROLLER')
    return { results: [...users].sort().map((user) => resultOf({ user, error })) }
  }

  function resultOf({ user, error }: ScramOutcome) {
    if (error === null) return { user, errorCode: 0, errorMessage: '' }
    return { user, ...entryError(error, logger, 'altering SCRAM credentials') }
  }
}
