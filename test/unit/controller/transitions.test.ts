import { expect } from 'chai'
import {
  mayPartitionMove,
  mayReplicaMove,
  PARTITION_STATES,
  REPLICA_STATES,
  type PartitionState,
  type ReplicaState,
} from '../../../src/controller/transitions.ts'

describe('controller transitions', () => {
  // One line per state, one column per target, in the order of the states' own tables.
  const partitionMoves: Record<PartitionState, string> = {
    //            NonExistent New Online Offline
    NonExistent: '-           New -      -',
    New: '        -           -   Online Offline',
    Online: '     -           -   Online Offline',
    Offline: '    NonExistent -   Online Offline',
  }
  const replicaMoves: Record<ReplicaState, string> = {
    NonExistent: '        -           New -      -       -               -                  -',
    New: '                -           -   Online Offline -               -                  -',
    Online: '             -           -   Online Offline -               -                  -',
    Offline:
      '            -           -   Online Offline DeletionStarted -                  DeletionIneligible',
    DeletionStarted:
      '    -           -   -      -       -               DeletionSuccessful DeletionIneligible',
    DeletionSuccessful: ' NonExistent -   -      -       -               -                  -',
    DeletionIneligible: ' -           -   Online Offline -               -                  -',
  }

  for (const from of PARTITION_STATES) {
    it(`lets a partition leave ${from} as Kafka does`, () => {
      const legal = PARTITION_STATES.map((to) => (mayPartitionMove(from, to) ? to : '-'))
      expect(legal).to.deep.equal(partitionMoves[from].trim().split(/\s+/))
    })
  }

  for (const from of REPLICA_STATES) {
    it(`lets a replica leave ${from} as Kafka does`, () => {
      const legal = REPLICA_STATES.map((to) => (mayReplicaMove(from, to) ? to : '-'))
      expect(legal).to.deep.equal(replicaMoves[from].trim().split(/\s+/))
    })
  }
})
