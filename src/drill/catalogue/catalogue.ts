import type { Experiment } from '../experiment/experiment.ts'
import {
  brokerCrash,
  controllerFailover,
  gracefulStop,
  rollingRestart,
  rollingRestartWrong,
  zombieController,
} from './broker-drills.ts'
import { consumerLag, offsetMigration, poisonMessage, rebalanceStorm } from './client-drills.ts'
import {
  diskFull,
  inSyncFlapping,
  inSyncShrinks,
  reassignment,
  stuckReassignment,
  uncleanElection,
  underMinInSync,
} from './replication-drills.ts'
import {
  sessionExpiry,
  slowZookeeperDisk,
  zookeeperFollowerLoss,
  zookeeperLeaderLoss,
  zookeeperQuorumLost,
} from './zookeeper-drills.ts'

/** THE catalogue: every drill under the name that it is called by, in the order of their numbers. */
export const catalogue: Readonly<Record<string, Experiment>> = {
  'broker-crash': brokerCrash,
  'graceful-stop': gracefulStop,
  'rolling-restart': rollingRestart,
  'rolling-restart-wrong': rollingRestartWrong,
  'controller-failover': controllerFailover,
  'zombie-controller': zombieController,
  'session-expiry': sessionExpiry,
  'zookeeper-follower-loss': zookeeperFollowerLoss,
  'zookeeper-leader-loss': zookeeperLeaderLoss,
  'zookeeper-quorum-lost': zookeeperQuorumLost,
  'slow-zookeeper-disk': slowZookeeperDisk,
  'isr-shrink': inSyncShrinks,
  'isr-flapping': inSyncFlapping,
  'under-min-isr': underMinInSync,
  'unclean-election': uncleanElection,
  reassignment,
  'stuck-reassignment': stuckReassignment,
  'disk-full': diskFull,
  'consumer-lag': consumerLag,
  'rebalance-storm': rebalanceStorm,
  'poison-message': poisonMessage,
  'offset-migration': offsetMigration,
}
