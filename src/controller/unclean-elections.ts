import type { ConfigReader } from '../config/layers.ts'
import type { Logger } from '../platform/logger.ts'
import type { ConfigStore } from '../../zk/stores/config-store.ts'
import { mapPipelined } from '../../zk/stores/pipeline.ts'
import { MalformedZnodeError } from '../../zk/znode.ts'
import type { UncleanElectionPolicy } from './partition-states.ts'

const KEY = 'unclean.leader.election.enable'

/**
 * `unclean.leader.election.enable` as the topic has it, or else this broker. Read from ZooKeeper each time: it is asked
 * only for partitions that would stay without a leader. Source: KafkaZkClient.getLogConfigs.
 */
export function uncleanElectionPolicy(options: {
  readonly configs: ConfigStore
  readonly config: ConfigReader
  readonly logger: Logger
}): UncleanElectionPolicy {
  const { configs, config, logger } = options
  const ofTopic = async (name: string): Promise<boolean | null> => {
    try {
      const text = (await configs.read({ type: 'topics', name })).get(KEY)
      if (text === undefined) return config.get(KEY)
      return parseBoolean(text)
    } catch (error) {
      if (!(error instanceof MalformedZnodeError)) throw error
      logger.error(`No leader is elected for topic ${name}, because its configuration cannot be read`, {
        error,
      })
      return null
    }
  }
  return async (topics) => {
    const names = [...topics]
    const answers = await mapPipelined(names, ofTopic)
    return new Map(names.map((name, place) => [name, answers[place] ?? null]))
  }
}

/** Null for what is neither. */
function parseBoolean(text: string): boolean | null {
  const word = text.trim().toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : null
}
