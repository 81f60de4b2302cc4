import { logDirs, zookeeperConnectionTimeoutMs } from '../../config/derived.ts'
import type { LiveBrokerConfig } from '../../config/live-config.ts'
import {
  agreedMetaProperties,
  InconsistentMetadataError,
  readMetaProperties,
} from '../../log/meta-properties.ts'
import { DiskError } from '../../platform/disk.ts'
import type { Platform } from '../../platform/platform.ts'
import { CliError } from '../cli-error.ts'
import { explainStartup } from '../startup-fault.ts'
import { judgeCluster } from './preflight.ts'
import { readClusterFacts } from './read-cluster.ts'

/**
 * The look before the first znode is written: throws CliError for what would hurt the cluster or the broker. A broker
 * whose directories belong to a cluster already has been let in before, and checks by itself that it is the same one.
 */
export async function refuseWhatHurts(options: {
  readonly platform: Platform
  readonly config: LiveBrokerConfig
  readonly connectString: string
  readonly mayJoinForeign: boolean
}): Promise<void> {
  const { platform, config, connectString, mayJoinForeign } = options
  if (isMember(platform, config)) return
  const facts = await readClusterFacts(platform, connectString, zookeeperConnectionTimeoutMs(config)).catch(
    (error: unknown) => {
      throw explainStartup(error) ?? error
    },
  )
  const checks = judgeCluster(facts, {
    // An id that is taken the broker deals with itself: it knows whether it was its own earlier life.
    brokerId: null,
    directoryClusterId: null,
    directoryBrokerId: null,
    mayJoinForeign,
  })
  for (const { level, about, what, advice } of checks) {
    if (level === 'error') {
      throw new CliError(`${about}: ${what}`, { ...(advice === null ? {} : { advice }), fault: 'ZU1208' })
    }
    if (level === 'warning') platform.logger.warn(`${about}: ${what}`, { advice })
  }
}

/** What is wrong with its directories the broker finds out, and says, when it opens them. */
function isMember({ disk }: Platform, config: LiveBrokerConfig): boolean {
  try {
    const found = logDirs(config).map(
      (directory) => [directory, readMetaProperties(disk, directory)] as const,
    )
    return agreedMetaProperties(new Map(found)).clusterId !== null
  } catch (error) {
    if (error instanceof InconsistentMetadataError || error instanceof DiskError) return true
    throw error
  }
}
