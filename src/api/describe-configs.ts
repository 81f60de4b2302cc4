import {
  describeBroker,
  describeClusterDefault,
  describedBroker,
  describeTopic,
  type ConfigEntry,
  type DescribeOptions,
} from '../config/describe.ts'
import type { BrokerConfig } from '../config/layers.ts'
import { checkDescribedLoggersBroker, describeLoggers, type LoggerLevel } from '../config/loggers.ts'
import type { TopicConfig } from '../config/topic-config.ts'
import { KafkaError } from '../model/errors.ts'
import type { BrokerId } from '../model/ids.ts'
import { topicNameFault } from '../model/topic-name.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { Logger } from '../platform/logger.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import { entryError } from './entry-error.ts'
import type { Handler } from './handler.ts'
import { isResourceType, RESOURCE_TYPES } from './resource-types.ts'

type Wanted = RequestOf<'DescribeConfigs'>['resources'][number]
type Result = ResponseOf<'DescribeConfigs'>['results'][number]

/**
 * Tells configuration, with where it comes from. What topics say is read from ZooKeeper, so that whoever has changed it
 * at another broker sees the change here.
 * Source: ConfigHelper.handleDescribeConfigsRequest, ZkConfigRepository (3.9).
 */
export function describeConfigs(services: {
  self: BrokerId
  cache: MetadataCache
  logger: Logger
  brokerConfig: () => BrokerConfig
  readTopics: (topics: readonly string[]) => Promise<ReadonlyMap<string, TopicConfig | Error>>
  loggerLevels: () => ReadonlyMap<string, LoggerLevel>
}): Handler<'DescribeConfigs'> {
  const { self, cache, logger, brokerConfig, readTopics, loggerLevels } = services

  return async ({ resources, includeSynonyms, includeDocumentation }) => {
    // One resource of an unknown type spoils the whole request.
    const spoilt = resources.some(({ resourceType }) => !isResourceType(resourceType))
    const topics = spoilt ? new Map<string, TopicConfig | Error>() : await topicsOf(resources)
    return {
      results: resources.map((resource) => {
        const options = { names: resource.configurationKeys, includeSynonyms, includeDocumentation }
        try {
          if (spoilt) throw new KafkaError('INVALID_REQUEST')
          const configs = entriesOf(resource, topics, options)
          return { ...named(resource), errorCode: 0, errorMessage: '', configs }
        } catch (error) {
          return { ...named(resource), ...entryError(error, logger, 'describing configuration'), configs: [] }
        }
      }),
    }
  }

  function topicsOf(resources: readonly Wanted[]): Promise<ReadonlyMap<string, TopicConfig | Error>> {
    const names = resources
      .filter(({ resourceType, resourceName }) => {
        return resourceType === RESOURCE_TYPES.topic && cache.topic(resourceName) !== null
      })
      .map(({ resourceName }) => resourceName)
    return readTopics([...new Set(names)])
  }

  function entriesOf(
    { resourceType, resourceName }: Wanted,
    topics: ReadonlyMap<string, TopicConfig | Error>,
    options: DescribeOptions,
  ): readonly ConfigEntry[] {
    switch (resourceType) {
      case RESOURCE_TYPES.topic: {
        const fault = topicNameFault(resourceName)
        if (fault !== null) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${fault}`)
        const config = topics.get(resourceName)
        if (config === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', '')
        if (config instanceof Error) throw config
        return describeTopic(config, brokerConfig(), options)
      }
      case RESOURCE_TYPES.broker:
        return describedBroker(resourceName, self) === 'broker'
          ? describeBroker(brokerConfig(), options)
          : describeClusterDefault(brokerConfig(), options)
      case RESOURCE_TYPES.brokerLogger:
        checkDescribedLoggersBroker(resourceName, self)
        return describeLoggers(loggerLevels(), options.names)
      default:
        throw new KafkaError(
          'INVALID_REQUEST',
          resourceName === ''
            ? 'Client metrics subscription name must not be empty'
            : 'Config type client-metrics is only supported on KRaft clusters',
        )
    }
  }
}

function named({ resourceType, resourceName }: Wanted): Pick<Result, 'resourceType' | 'resourceName'> {
  return { resourceType, resourceName }
}
