import { consumerOffsetTopics } from '../../../zk/znodes/consumers.ts'
import { controllerEpoch } from '../../../zk/znodes/controller.ts'
import { partitionState, topic as topicZnode, type TopicAssignment } from '../../../zk/znodes/topics.ts'
import type { PartitionIndex } from '../../model/ids.ts'
import { error, note, warning, type Finding } from './findings.ts'
import type { Picture } from './picture.ts'

/** Topics, their partitions and what refers to them. */
export function* lintTopics(picture: Picture): Generator<Finding> {
  for (const [name, assignment] of picture.topics) {
    yield* lintAssignment(picture, name, assignment)
    yield* lintStates(picture, name, assignment)
  }
  for (const [name, { path }] of picture.childrenOf('/config/topics')) {
    if (!picture.topics.has(name) && !picture.has(topicZnode.at({ topic: name })))
      yield note(path, `configures ${name}, which is not there`, 'the next topic of that name will have it')
  }
  for (const [group] of picture.childrenOf('/consumers')) {
    for (const [name, { path }] of picture.childrenOf(consumerOffsetTopics.at({ group }))) {
      if (!picture.topics.has(name))
        yield note(
          path,
          `group ${group} has offsets of ${name}, which is not there`,
          'they are of no use any more',
        )
    }
  }
}

function* lintAssignment(
  picture: Picture,
  name: string,
  { topicId, partitions }: TopicAssignment,
): Generator<Finding> {
  const path = topicZnode.at({ topic: name })
  if (topicId === null)
    yield warning(
      path,
      'has no topic id: a tool from before Kafka 2.8 wrote it',
      'the controller gives it one',
    )
  const indexes = [...partitions.keys()].sort((one, other) => one - other)
  if (indexes.length === 0) yield error(path, 'has no partitions', 'delete the topic and create it again')
  const gap = indexes.findIndex((index, i) => index !== i)
  if (gap >= 0) yield error(path, `partition ${gap} is missing between others`, 'restore it from a snapshot')
  const factors = new Set<number>()
  const dead = new Set<number>()
  for (const [partition, { replicas, adding, removing }] of partitions) {
    factors.add(replicas.length - adding.length)
    if (replicas.length === 0) yield error(path, `partition ${partition} has no replicas`, 'assign some')
    if (new Set(replicas).size < replicas.length)
      yield error(
        path,
        `partition ${partition} has the same replica twice: ${replicas.join(',')}`,
        'reassign it',
      )
    const stray = [...adding, ...removing].filter((broker) => !replicas.includes(broker))
    if (stray.length > 0)
      yield error(
        path,
        `partition ${partition} moves replicas that it does not have: ${stray.join(',')}`,
        'cancel the reassignment',
      )
    for (const broker of replicas) if (!picture.brokers.has(broker)) dead.add(broker)
  }
  if (dead.size > 0 && picture.brokers.size > 0)
    yield warning(
      path,
      `has replicas on brokers that are not alive: ${[...dead].sort().join(',')}`,
      'start them, or reassign',
    )
  if (factors.size > 1)
    yield note(
      path,
      `its partitions have ${[...factors].sort().join(' and ')} replicas`,
      'a reassignment may be under way',
    )
}

function* lintStates(picture: Picture, name: string, { partitions }: TopicAssignment): Generator<Finding> {
  const epoch = picture.decoded(controllerEpoch, controllerEpoch.at())
  for (const [partition, { replicas }] of partitions) {
    const path = partitionState.at({ topic: name, partition })
    const state = picture.decoded(partitionState, path)
    if (state === null) {
      if (!picture.has(path))
        yield warning(path, 'is missing: the partition never had a leader', 'is a controller alive?')
      continue
    }
    const { leader, inSyncReplicas } = state
    if (leader < 0) {
      const last = inSyncReplicas.join(',')
      yield error(
        path,
        `nobody leads; in sync was last ${last === '' ? 'nobody' : last}`,
        'start one of these brokers',
      )
    } else if (!inSyncReplicas.includes(leader)) {
      yield error(
        path,
        `leader ${leader} is not among the in-sync replicas ${inSyncReplicas.join(',')}`,
        'restart the controller',
      )
    } else if (!picture.brokers.has(leader)) {
      yield error(
        path,
        `leader ${leader} is not alive`,
        'the controller elects another one; is there a controller?',
      )
    }
    const foreign = inSyncReplicas.filter((broker) => !replicas.includes(broker))
    if (foreign.length > 0)
      yield error(
        path,
        `in-sync replicas ${foreign.join(',')} are no replicas of it`,
        'restart the controller',
      )
    if (leader >= 0 && foreign.length === 0 && inSyncReplicas.length < replicas.length) {
      const behind = replicas.filter((broker) => !inSyncReplicas.includes(broker))
      yield warning(path, `behind: ${behind.join(',')}`, 'see zurau health')
    }
    if (epoch !== null && state.controllerEpoch > epoch)
      yield error(
        path,
        `was written in controller epoch ${state.controllerEpoch}, and only ${epoch} is known`,
        'was /controller_epoch set back?',
      )
  }
  const directory = `/brokers/topics/${name}/partitions`
  for (const [child, { path }] of picture.childrenOf(directory)) {
    if (!partitions.has(Number(child) as PartitionIndex))
      yield error(path, 'is a partition that the topic does not have', 'was the topic made smaller by hand?')
  }
}
