import { LogManager } from '../../../src/log/log-manager.ts'
import { logConfigDefaults, logManagerConfigDefaults } from '../../support/log-config.ts'
import { FakePlatform } from '../../fakes/platform.ts'
import type { Checker, FinishedRun } from './checker.ts'

/**
 * What the brokers have left on their disks can be opened: as it is after a stop in order, and read through as after a
 * kill. Both must find the logs that the files hold.
 */
export const checkRecovery: Checker = async (run) => {
  for (const broker of run.world.brokers.values()) {
    await openLogs(run, broker.id, 'as it was left')
    const disk = broker.platform.restart().disk
    for (const directory of broker.logDirs) disk.remove(`${directory}/.kafka_cleanshutdown`)
    await openLogs(run, broker.id, 'after a kill')
  }
}

async function openLogs(run: FinishedRun, id: number, when: string): Promise<void> {
  const { world, cluster, logs } = run
  const broker = world.broker(id)
  const platform = new FakePlatform({
    image: broker.image,
    network: world.network,
    host: `${broker.host}-reader`,
  })
  const { disk, clock, random, logger } = platform
  const manager = new LogManager({
    disk,
    clock,
    random,
    logger,
    directories: broker.logDirs,
    config: logManagerConfigDefaults,
    configOf: () => logConfigDefaults,
    onWritten: () => undefined,
    onDirectoryOffline: (path, _logs, error) =>
      world.violate('damaged file', `${broker.host}, ${when}: ${path} cannot be opened`, error),
  })
  try {
    manager.acquire()
    await world.until(manager.load())
    for (const { topic, partition } of cluster.view.partitions()) {
      const stored = logs(topic, partition).get(id)
      if (stored === undefined) continue
      const log = manager.get({ topic, partition: partition as never })
      if (log?.logEndOffset !== stored.endOffset)
        world.violate(
          'damaged file',
          `${broker.host}, ${when}: ${topic}-${partition} ends at ${log?.logEndOffset}, its files at ${stored.endOffset}`,
        )
    }
    await world.until(manager.close())
  } catch (error) {
    world.violate('damaged file', `${broker.host}, ${when}: its directories cannot be opened`, error)
  }
  platform.kill()
}
