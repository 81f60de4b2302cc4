import type { Platform } from '../platform.ts'
import { NodeClock } from './node-clock.ts'
import { NodeDisk } from './node-disk.ts'
import type { NodeLogger, NodeLoggerOptions } from './node-logger.ts'
import { createNodeLogger } from './node-logger.ts'
import { NodeNetwork } from './node-network.ts'
import { NodeRandom } from './node-random.ts'

export interface NodePlatformOptions {
  readonly log?: NodeLoggerOptions
}

/** The real platform. Its logger has a level that can be changed. */
export interface NodePlatform extends Platform {
  readonly logger: NodeLogger
}

/** The doors to this machine. */
export function createNodePlatform(options: NodePlatformOptions = {}): NodePlatform {
  const logger = createNodeLogger(options.log)
  return {
    clock: new NodeClock(),
    random: new NodeRandom(),
    disk: new NodeDisk(),
    network: new NodeNetwork({ logger: logger.child('network') }),
    logger,
  }
}
