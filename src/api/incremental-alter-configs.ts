import { checkEntries, type Alteration } from '../config/alter.ts'
import { alteredLoggers, checkAlteredLoggersBroker, type LoggerLevel } from '../config/loggers.ts'
import type { ConfigAdmin } from '../metadata/config-admin.ts'
import type { BrokerId } from '../model/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { alterResources, notAlterable } from './altered-resources.ts'
import type { Handler } from './handler.ts'
import { RESOURCE_TYPES } from './resource-types.ts'

/** The loggers of this broker, by the names that clients know them by. */
export interface LoggerControl {
  levels(): ReadonlyMap<string, LoggerLevel>
  /** Null: from now on the level is that of the root logger. */
  change(levels: ReadonlyMap<string, LoggerLevel | null>): void
}

/**
 * Changes single configuration values. Log levels are changed in this process and forgotten with it.
 * Source: KafkaApis.handleIncrementalAlterConfigsRequest (3.9), ConfigAdminManager.preprocess; KIP-339, KIP-412.
 */
export function incrementalAlterConfigs(services: {
  self: BrokerId
  configAdmin: ConfigAdmin
  loggers: LoggerControl
  logger: Logger
}): Handler<'IncrementalAlterConfigs'> {
  const { self, configAdmin, loggers, logger } = services
  return async ({ resources, validateOnly }) => ({
    responses: await alterResources(resources, logger, async (resource) => {
      const { resourceType, resourceName, configs } = resource
      const alteration: Alteration = { kind: 'incremental', entries: configs }
      switch (resourceType) {
        case RESOURCE_TYPES.topic:
          return configAdmin.alterTopic(resourceName, alteration, validateOnly)
        case RESOURCE_TYPES.broker:
          return configAdmin.alterBroker(resourceName, alteration, validateOnly)
        case RESOURCE_TYPES.brokerLogger: {
          checkEntries(alteration)
          checkAlteredLoggersBroker(resourceName, self)
          const changes = alteredLoggers(loggers.levels(), configs)
          if (!validateOnly) loggers.change(changes)
          return
        }
        default:
          throw notAlterable(resource, alteration)
      }
    }),
  })
}
