import { createZooKeeperClient } from '../../../zk/client/create-client.ts'
import { parseConnectString } from '../../../zk/connect-string.ts'
import { ConsumerOffsetStore } from '../../../zk/stores/consumer-offset-store.ts'
import type { Offset, PartitionIndex } from '../../model/ids.ts'
import { CliError } from '../cli-error.ts'
import { SILENT_LOGGER } from '../node-shell.ts'
import type { Shell } from '../shell.ts'
import { connectStringOf, withEnsemble, type EnsembleOptions } from '../zk/ensemble.ts'
import type { Committed } from './committed.ts'

const SESSION_TIMEOUT_MS = 10_000

/** The offsets below `/consumers`: read and written directly, as the old consumers do. */
export class LegacySide {
  private readonly store: ConsumerOffsetStore

  constructor(store: ConsumerOffsetStore) {
    this.store = store
  }

  groups(): Promise<string[]> {
    return this.store.groups()
  }

  async read(group: string): Promise<Committed[]> {
    const found = await this.store.readGroup(group)
    return found.map(({ topic, partition, offset }) => ({ group, topic, partition, offset }))
  }

  /** Throws CliError naming the first partition that could not be written; others may be. */
  async write(group: string, offsets: readonly Committed[]): Promise<void> {
    const results = await this.store.write(
      group,
      offsets.map(({ topic, partition, offset }) => ({
        topic,
        partition: partition as PartitionIndex,
        offset: offset as Offset,
      })),
    )
    const failed = results.find(({ error }) => error !== null)
    if (failed === undefined) return
    const cause = failed.error
    throw new CliError(
      `${group}: ${failed.topic}-${failed.partition} was not written to ZooKeeper: ${cause?.message ?? ''}`,
      { advice: 'do the same again: what is done is kept', ...(cause === null ? {} : { cause }) },
    )
  }

  async remove(group: string, partitions: readonly { topic: string; partition: number }[]): Promise<void> {
    await this.store.remove(
      group,
      partitions.map(({ topic, partition }) => ({ topic, partition: partition as PartitionIndex })),
    )
  }
}

/** Runs `act` with the legacy offsets of the ensemble that the options name. A chroot that is missing is not made. */
export async function withLegacySide<T>(
  shell: Shell,
  options: EnsembleOptions,
  act: (side: LegacySide) => Promise<T>,
): Promise<T> {
  const connectString = connectStringOf(shell, options)
  if (parseConnectString(connectString).chroot !== '')
    await withEnsemble(shell, options, () => Promise.resolve())
  const zooKeeper = await createZooKeeperClient({
    connectString,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    connectionTimeoutMs: options.timeout,
    maxInFlightRequests: 256,
    platform: { clock: shell.clock, random: shell.random, logger: SILENT_LOGGER },
  })
  try {
    return await act(
      new LegacySide(new ConsumerOffsetStore({ zooKeeper, clock: shell.clock, mode: 'multi' })),
    )
  } finally {
    await zooKeeper.close()
  }
}
