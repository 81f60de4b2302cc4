import type { BrokerRequest } from '../../src/controller/request-batch.ts'
import type { RequestInput } from '../../src/protocol/apis.ts'

/** A request in short: `LeaderAndIsr t-0(leader 1 epoch 0 isr 1,2 new)`. */
export function describeRequest({ api, request }: BrokerRequest): string {
  switch (api) {
    case 'LeaderAndIsr':
      return [api, ...states(request.topicStates, (name, state) => describeOrder(name, state))].join(' ')
    case 'UpdateMetadata': {
      const brokers = request.liveBrokers.map(({ id }) => id).sort((one, other) => one - other)
      const partitions = states(request.topicStates, (name, { partitionIndex, leader, leaderEpoch, isr }) =>
        leader === -2
          ? `${name}-${partitionIndex}(deleted)`
          : `${name}-${partitionIndex}(${leader}@${leaderEpoch} isr ${isr.join()})`,
      )
      return [api, `brokers ${brokers.join()}`, ...partitions].join(' ')
    }
    case 'StopReplica':
      return [
        api,
        ...states(request.topicStates, (name, { partitionIndex, leaderEpoch, deletePartition }) => {
          return `${name}-${partitionIndex}(epoch ${leaderEpoch}${deletePartition ? ' delete' : ''})`
        }),
      ].join(' ')
  }
}

type OrderState = NonNullable<RequestInput<'LeaderAndIsr'>['topicStates']>[number]['partitionStates'][number]

function describeOrder(name: string, state: OrderState): string {
  const { partitionIndex, leader, leaderEpoch, isr, replicas, addingReplicas, removingReplicas } = state
  const words = [`${leader}@${leaderEpoch}`, `isr ${isr.join()}`, `of ${replicas.join()}`]
  if ((addingReplicas ?? []).length > 0) words.push(`+${(addingReplicas ?? []).join()}`)
  if ((removingReplicas ?? []).length > 0) words.push(`-${(removingReplicas ?? []).join()}`)
  if (state.isNew === true) words.push('new')
  if (state.leaderRecoveryState === 1) words.push('recovering')
  return `${name}-${partitionIndex}(${words.join(' ')})`
}

function states<State>(
  topics: readonly { readonly topicName: string; readonly partitionStates: readonly State[] }[] | undefined,
  describe: (name: string, state: State) => string,
): string[] {
  return (topics ?? []).flatMap(({ topicName, partitionStates }) =>
    partitionStates.map((state) => describe(topicName, state)),
  )
}
