import { errorCode as errorCodeOf, errorName, KafkaError, type ErrorName } from '../model/errors.ts'
import { failureOf, mustSucceed, type ClusterClient } from './cluster-client.ts'

export interface PartitionId {
  readonly topic: string
  readonly partition: number
}

/** What became of one partition; `error` is NONE when it worked. */
export interface PartitionResult extends PartitionId {
  readonly error: ErrorName
  readonly message: string | null
}

export interface WantedReplicas extends PartitionId {
  /** The replicas to have in the end, the preferred leader first; null cancels what is under way. */
  readonly replicas: readonly number[] | null
}

export interface Reassignment extends PartitionId {
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

/** The size of one replica, or of the one that is going to take its place in another directory. */
export interface ReplicaSize extends PartitionId {
  readonly broker: number
  readonly directory: string
  readonly sizeBytes: number
  readonly isFuture: boolean
}

export interface LogDirectory {
  readonly broker: number
  readonly path: string
  readonly error: ErrorName
  /** -1 where the broker does not tell. */
  readonly totalBytes: number
  readonly usableBytes: number
  readonly replicas: readonly ReplicaSize[]
}

/** A partition's leaders, replicas and places. Requests are repeated while the controller moves. */
export class PartitionAdmin {
  private readonly client: ClusterClient
  private readonly timeoutMs: number

  constructor(options: { readonly client: ClusterClient; readonly timeoutMs: number }) {
    this.client = options.client
    this.timeoutMs = options.timeoutMs
  }

  /**
   * Elects the preferred replica, or with `unclean` any that lives, of the given partitions; null: of all. A partition
   * that had nothing to be done is ELECTION_NOT_NEEDED.
   */
  async electLeaders(
    partitions: readonly PartitionId[] | null,
    options: { readonly unclean?: boolean } = {},
  ): Promise<PartitionResult[]> {
    const topicPartitions =
      partitions === null
        ? null
        : byTopic(partitions).map(([topic, group]) => ({
            topic,
            partitions: group.map(({ partition }) => partition),
          }))
    return this.client.retrying(this.timeoutMs, async () => {
      const { errorCode, replicaElectionResults } = await this.client.call('controller', 'ElectLeaders', {
        electionType: options.unclean === true ? 1 : 0,
        topicPartitions,
        timeoutMs: this.timeoutMs,
      })
      mustSucceed(errorCode, 'the election')
      // So answers a broker that has just ceased to be the controller.
      const notController = errorCodeOf('NOT_CONTROLLER')
      const isRefused = replicaElectionResults.some(({ partitionResult }) =>
        partitionResult.some((each) => each.errorCode === notController),
      )
      if (isRefused) throw new KafkaError('NOT_CONTROLLER', 'the election: the controller has moved')
      return replicaElectionResults.flatMap(({ topic, partitionResult }) =>
        partitionResult.map((each) => ({
          topic,
          partition: each.partitionId,
          error: errorName(each.errorCode),
          message: each.errorMessage,
        })),
      )
    })
  }

  /** Begins to move partitions, or cancels it. One result for each. */
  async reassign(wanted: readonly WantedReplicas[]): Promise<PartitionResult[]> {
    const topics = byTopic(wanted).map(([name, group]) => ({
      name,
      partitions: group.map(({ partition, replicas }) => ({
        partitionIndex: partition,
        replicas: replicas === null ? null : [...replicas],
      })),
    }))
    return this.client.retrying(this.timeoutMs, async () => {
      const answer = await this.client.call('controller', 'AlterPartitionReassignments', {
        timeoutMs: this.timeoutMs,
        topics,
      })
      if (answer.errorCode !== 0) throw failureOf(answer.errorCode, 'the reassignment', answer.errorMessage)
      return answer.responses.flatMap(({ name, partitions }) =>
        partitions.map((each) => ({
          topic: name,
          partition: each.partitionIndex,
          error: errorName(each.errorCode),
          message: each.errorMessage,
        })),
      )
    })
  }

  /** Which partitions are being moved. */
  async reassignments(): Promise<Reassignment[]> {
    return this.client.retrying(this.timeoutMs, async () => {
      const answer = await this.client.call('controller', 'ListPartitionReassignments', {
        timeoutMs: this.timeoutMs,
        topics: null,
      })
      if (answer.errorCode !== 0) throw failureOf(answer.errorCode, 'reassignments', answer.errorMessage)
      return answer.topics.flatMap(({ name, partitions }) =>
        partitions.map((each) => ({
          topic: name,
          partition: each.partitionIndex,
          replicas: each.replicas,
          adding: each.addingReplicas,
          removing: each.removingReplicas,
        })),
      )
    })
  }

  /** What lies in the log directories of a broker. Throws KafkaError when the broker cannot be asked. */
  async logDirectories(broker: number, topics: readonly string[] | null = null): Promise<LogDirectory[]> {
    const wanted = topics === null ? null : await this.everyPartition(topics)
    const { errorCode, results } = await this.client.call(broker, 'DescribeLogDirs', { topics: wanted })
    mustSucceed(errorCode, `the log directories of broker ${broker}`)
    return results.map((directory) => ({
      broker,
      path: directory.logDir,
      error: errorName(directory.errorCode),
      totalBytes: directory.totalBytes,
      usableBytes: directory.usableBytes,
      replicas: directory.topics.flatMap(({ name, partitions }) =>
        partitions.map((each) => ({
          topic: name,
          partition: each.partitionIndex,
          broker,
          directory: directory.logDir,
          sizeBytes: each.partitionSize,
          isFuture: each.isFutureKey,
        })),
      ),
    }))
  }

  private async everyPartition(names: readonly string[]): Promise<{ topic: string; partitions: number[] }[]> {
    const { topics } = await this.client.metadata(names)
    return topics.flatMap(({ name, partitions }) =>
      name === null
        ? []
        : [{ topic: name, partitions: partitions.map(({ partitionIndex }) => partitionIndex) }],
    )
  }
}

/** Throws the first thing that went wrong, with its partition. `allowed` is no failure. */
export function mustAllSucceed(
  results: readonly PartitionResult[],
  allowed: readonly ErrorName[] = [],
): void {
  for (const { topic, partition, error, message } of results) {
    if (error === 'NONE' || allowed.includes(error)) continue
    const words = message === null || message === '' ? error : message
    throw new KafkaError(error, `${topic}-${partition}: ${words}`)
  }
}

function byTopic<T extends PartitionId>(partitions: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const each of partitions) {
    const group = groups.get(each.topic)
    if (group === undefined) groups.set(each.topic, [each])
    else group.push(each)
  }
  return [...groups]
}
