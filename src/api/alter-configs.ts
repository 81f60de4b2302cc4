import type { Alteration } from '../config/alter.ts'
import type { ConfigAdmin } from '../metadata/config-admin.ts'
import type { Logger } from '../platform/logger.ts'
import { alterResources, notAlterable } from './altered-resources.ts'
import type { Handler } from './handler.ts'
import { RESOURCE_TYPES } from './resource-types.ts'

/** Replaces whole configurations. Source: KafkaApis.handleAlterConfigsRequest (3.9), ConfigAdminManager.preprocess. */
export function alterConfigs(services: {
  configAdmin: ConfigAdmin
  logger: Logger
}): Handler<'AlterConfigs'> {
  const { configAdmin, logger } = services
  return async ({ resources, validateOnly }) => ({
    responses: await alterResources(resources, logger, (resource) => {
      const { resourceType, resourceName, configs } = resource
      const alteration: Alteration = { kind: 'replace', entries: configs }
      switch (resourceType) {
        case RESOURCE_TYPES.topic:
          return configAdmin.alterTopic(resourceName, alteration, validateOnly)
        case RESOURCE_TYPES.broker:
          return configAdmin.alterBroker(resourceName, alteration, validateOnly)
        default:
          throw notAlterable(resource, alteration)
      }
    }),
  })
}
