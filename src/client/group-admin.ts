import { KafkaError } from '../model/errors.ts'
import { failureOf, mustSucceed, type ClusterClient } from './cluster-client.ts'
import { readConsumerAssignment } from './consumer-assignment.ts'

export interface ListedGroup {
  readonly groupId: string
  /** The broker that coordinates it. */
  readonly coordinator: number
  readonly protocolType: string
  /** Empty where the broker is too old to tell. */
  readonly state: string
  readonly type: string
}

export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** What it shall read; null for groups that are not of consumers. */
  readonly assigned: readonly { readonly topic: string; readonly partition: number }[] | null
}

export interface DescribedGroup {
  readonly groupId: string
  readonly coordinator: number
  readonly state: string
  readonly protocolType: string
  readonly protocol: string
  readonly members: readonly GroupMember[]
}

export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly metadata: string | null
}

const GROUP_KEY = 0
/** From here on requests carry a list of groups. */
const FIND_MANY_FROM = 4
const FETCH_MANY_FROM = 8
/** From here on "all topics" can be asked for. */
const FETCH_ALL_FROM = 2

/** Groups and what they committed. Each is asked of its own coordinator, again while that one moves. */
export class GroupAdmin {
  private readonly client: ClusterClient
  private readonly timeoutMs: number

  constructor(options: { readonly client: ClusterClient; readonly timeoutMs: number }) {
    this.client = options.client
    this.timeoutMs = options.timeoutMs
  }

  /** The groups of all brokers, by name. Throws KafkaError when one of the brokers cannot be asked. */
  async list(): Promise<ListedGroup[]> {
    const { brokers } = await this.client.metadata([])
    const lists = await Promise.all(
      brokers.map(({ nodeId }) => this.client.retrying(this.timeoutMs, () => this.listOf(nodeId))),
    )
    return lists.flat().sort((one, other) => (one.groupId < other.groupId ? -1 : 1))
  }

  /** A group that nobody knows is described as Dead, without members. */
  async describe(groupId: string): Promise<DescribedGroup> {
    return this.atCoordinator(groupId, async (coordinator) => {
      const { groups } = await this.client.call(coordinator, 'DescribeGroups', { groups: [groupId] })
      const group = groups.find((each) => each.groupId === groupId)
      if (group === undefined)
        throw new KafkaError('UNKNOWN_SERVER_ERROR', `group ${groupId}: left out of the answer`)
      mustSucceed(group.errorCode, `group ${groupId}`)
      const isOfConsumers = group.protocolType === 'consumer'
      return {
        groupId,
        coordinator,
        state: group.groupState,
        protocolType: group.protocolType,
        protocol: group.protocolData,
        members: group.members.map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          assigned: isOfConsumers ? readConsumerAssignment(member.memberAssignment) : null,
        })),
      }
    })
  }

  /** What the group committed, by topic and partition. */
  async committed(groupId: string): Promise<CommittedOffset[]> {
    return this.atCoordinator(groupId, async (coordinator) => {
      const version = await this.client.version(coordinator, 'OffsetFetch')
      if (version < FETCH_ALL_FROM)
        throw new KafkaError('UNSUPPORTED_VERSION', `broker ${coordinator} cannot list a group's offsets`)
      const request =
        version >= FETCH_MANY_FROM ? { groups: [{ groupId, topics: null }] } : { groupId, topics: null }
      const answer = await this.client.call(coordinator, 'OffsetFetch', request)
      mustSucceed(answer.errorCode, `group ${groupId}`)
      const [group] = answer.groups
      if (group !== undefined) mustSucceed(group.errorCode, `group ${groupId}`)
      const topics = group?.topics ?? answer.topics
      return topics
        .flatMap(({ name, partitions }) =>
          partitions.map((each) => {
            mustSucceed(each.errorCode, `group ${groupId}, ${name}-${each.partitionIndex}`)
            return {
              topic: name,
              partition: each.partitionIndex,
              offset: each.committedOffset,
              metadata: each.metadata,
            }
          }),
        )
        .filter(({ offset }) => offset >= 0)
        .sort((one, other) =>
          one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1,
        )
    })
  }

  /** Removes a group that has no members. Throws KafkaError NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
  async delete(groupId: string): Promise<void> {
    await this.atCoordinator(groupId, async (coordinator) => {
      const { results } = await this.client.call(coordinator, 'DeleteGroups', { groupsNames: [groupId] })
      mustSucceed(results[0]?.errorCode ?? -1, `group ${groupId}`)
    })
  }

  private async listOf(broker: number): Promise<ListedGroup[]> {
    const { errorCode, groups } = await this.client.call(broker, 'ListGroups', {})
    mustSucceed(errorCode, `the groups of broker ${broker}`)
    return groups.map((group) => ({
      groupId: group.groupId,
      coordinator: broker,
      protocolType: group.protocolType,
      state: group.groupState,
      type: group.groupType,
    }))
  }

  /** Sends `act` to the group's coordinator, again while that one moves. */
  atCoordinator<T>(groupId: string, act: (coordinator: number) => Promise<T>): Promise<T> {
    return this.client.retrying(this.timeoutMs, async () => act(await this.coordinatorOf(groupId)))
  }

  private async coordinatorOf(groupId: string): Promise<number> {
    // Nobody is sent anywhere before the brokers are known by their ids.
    await this.client.metadata([])
    const version = await this.client.version('any', 'FindCoordinator')
    const request =
      version >= FIND_MANY_FROM
        ? { keyType: GROUP_KEY, coordinatorKeys: [groupId] }
        : { keyType: GROUP_KEY, key: groupId }
    const answer = await this.client.call('any', 'FindCoordinator', request)
    const found = answer.coordinators[0] ?? answer
    if (found.errorCode !== 0) throw failureOf(found.errorCode, `group ${groupId}`, found.errorMessage)
    return found.nodeId
  }
}
