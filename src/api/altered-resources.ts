import { checkEntries, NAMED_TWICE, resourcesNamedTwice, type Alteration } from '../config/alter.ts'
import { KafkaError } from '../model/errors.ts'
import type { Logger } from '../platform/logger.ts'
import { entryError, type EntryError } from './entry-error.ts'
import { RESOURCE_TYPES } from './resource-types.ts'

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

type Altered = Resource & EntryError

/**
 * What AlterConfigs and IncrementalAlterConfigs have in common: each resource is altered by itself, one after the
 * other, and answered in the order of the request. `alter` throws what the resource's answer is to say.
 * Source: kafka.server.ConfigAdminManager.
 */
export async function alterResources<R extends Resource>(
  resources: readonly R[],
  logger: Logger,
  alter: (resource: R) => Promise<void>,
): Promise<Altered[]> {
  const twice = resourcesNamedTwice(resources)
  const answers: Altered[] = []
  for (const resource of resources) {
    const { resourceType, resourceName } = resource
    let failure: EntryError = { errorCode: 0, errorMessage: null }
    try {
      if (twice.has(resource)) throw new KafkaError(NAMED_TWICE.error, NAMED_TWICE.message)
      await alter(resource)
    } catch (error) {
      failure = entryError(error, logger, `altering the configuration of ${resourceType} ${resourceName}`)
    }
    answers.push({ ...failure, resourceType, resourceName })
  }
  return answers
}

/** The error for a resource of a type whose configuration is not kept in ZooKeeper. */
export function notAlterable({ resourceType }: Resource, alteration: Alteration): KafkaError {
  checkEntries(alteration)
  return new KafkaError(
    'INVALID_REQUEST',
    resourceType === RESOURCE_TYPES.clientMetrics
      ? 'AlterConfigs is only supported for topics and brokers, but resource type is CLIENT_METRICS'
      : `Unknown resource type ${resourceType}`,
  )
}
