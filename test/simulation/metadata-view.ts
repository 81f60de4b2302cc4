import type { LeaderAndIsr } from '../../src/model/leader-and-isr.ts'
import type { PartitionEpoch } from '../../src/model/ids.ts'
import { deleteTopics, reassignPartitions } from '../../zk/znodes/admin.ts'
import { brokerIds, brokerInfo } from '../../zk/znodes/brokers.ts'
import { controller } from '../../zk/znodes/controller.ts'
import { partitionState, topic as topicZnode, topics } from '../../zk/znodes/topics.ts'
import type { FakeZooKeeperService } from '../fakes/zookeeper.ts'

export interface PartitionView {
  readonly topic: string
  readonly partition: number
  readonly replicas: readonly number[]
  readonly isMoving: boolean
  /** Null before the controller has brought it to life. */
  readonly state: LeaderAndIsr | null
  /** When the state was last written, as a position in ZooKeeper's history. */
  readonly writtenZxid: number
}

/** What ZooKeeper says at this moment, seen from above: no client, no delay. */
export class MetadataView {
  private readonly service: FakeZooKeeperService

  constructor(service: FakeZooKeeperService) {
    this.service = service
  }

  get controllerId(): number | null {
    const node = this.service.tree.get(controller.at())
    return node === undefined ? null : controller.decode(node.data, controller.at()).broker
  }

  get brokerIds(): number[] {
    return this.children(brokerIds.at()).map(Number)
  }

  /** The broker's epoch; null when it is not registered. */
  brokerEpoch(id: number): number | null {
    return this.service.tree.get(brokerInfo.at({ broker: id }))?.czxid ?? null
  }

  get topics(): string[] {
    return this.children(topics.at())
  }

  get hasPendingOrders(): boolean {
    return (
      this.children(deleteTopics.at()).length > 0 ||
      this.service.tree.get(reassignPartitions.at()) !== undefined
    )
  }

  isBeingDeleted(topic: string): boolean {
    return this.children(deleteTopics.at()).includes(topic)
  }

  partitions(topic?: string): PartitionView[] {
    const names = topic === undefined ? this.topics : [topic]
    return names.flatMap((name) => this.partitionsOf(name))
  }

  private partitionsOf(topic: string): PartitionView[] {
    const { tree } = this.service
    const path = topicZnode.at({ topic })
    const node = tree.get(path)
    if (node === undefined) return []
    const { partitions } = topicZnode.decode(node.data, path)
    return [...partitions].map(([partition, { replicas, adding, removing }]) => {
      const at = partitionState.at({ topic, partition })
      const found = tree.get(at)
      const state =
        found === undefined
          ? null
          : { ...partitionState.decode(found.data, at), partitionEpoch: found.version as PartitionEpoch }
      return {
        topic,
        partition,
        replicas,
        isMoving: adding.length > 0 || removing.length > 0,
        state,
        writtenZxid: found?.mzxid ?? -1,
      }
    })
  }

  private children(path: string): string[] {
    return this.service.tree.get(path) === undefined ? [] : this.service.tree.childNames(path)
  }
}
