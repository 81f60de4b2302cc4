import type { Mode } from '../plan.ts'

/** A change of the sources. `find` must stand there exactly once. */
export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A bug that a broker could have, and that the simulation must find. */
export interface Mutant {
  readonly name: string
  /** What is wrong with it. */
  readonly story: string
  readonly mode: Mode
  readonly edits: readonly Edit[]
}

export const mutants: readonly Mutant[] = [
  {
    name: 'truncates-to-watermark',
    story: 'KIP-101: a follower cuts its log back to its own high watermark before it asks its leader',
    mode: 'cluster',
    edits: [
      {
        file: 'src/replication/fetcher.ts',
        find: 'if (follower.log.latestEpoch < 0) {',
        replace: 'if (follower.log.latestEpoch >= -1) {',
      },
    ],
  },
  {
    name: 'epoch-not-checked',
    story: 'a leader answers whoever asks, whatever epoch the request is about',
    mode: 'cluster',
    edits: [
      {
        file: 'src/replication/partition.ts',
        find: 'if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.leaderEpoch) return',
        replace: 'return',
      },
      {
        file: 'src/replication/replica-manager.ts',
        find: 'if (leaderEpoch <= partition.leaderEpoch) {',
        replace: 'if (leaderEpoch < 0) {',
      },
    ],
  },
  {
    name: 'watermark-too-early',
    story: 'the high watermark goes as far as the leader, not as far as everybody in sync',
    mode: 'cluster',
    edits: [
      {
        file: 'src/replication/high-watermark.ts',
        find: 'if (isCounted && follower.logEndOffset < lowest) lowest = follower.logEndOffset',
        replace: 'if (isCounted && follower.logEndOffset < -1) lowest = follower.logEndOffset',
      },
    ],
  },
  {
    name: 'isr-without-version',
    story: 'in-sync replicas are written without comparing versions',
    mode: 'cluster',
    edits: [
      {
        file: 'zk/stores/partition-state-store.ts',
        find: 'version: update.expected,',
        replace: 'version: -1,',
      },
    ],
  },
  {
    name: 'ack-before-write',
    story: 'acks=all is answered when the leader has given the record its offset',
    mode: 'cluster',
    edits: [
      {
        file: 'src/replication/leader.ts',
        find: 'const reached = all ? this.log.highWatermark : this.log.logEndOffset',
        replace: 'const reached = this.log.nextOffset',
      },
    ],
  },
  {
    name: 'controller-not-fenced',
    story: 'what a controller writes is not guarded by its epoch',
    mode: 'cluster',
    edits: [
      {
        file: 'zk/stores/fence.ts',
        find: 'version: fence.epochVersion }',
        replace: 'version: -1 }',
      },
    ],
  },
  {
    name: 'recovery-trusts-checksums',
    story: 'recovery takes every batch of the right length, whatever its checksum says',
    mode: 'one-broker',
    edits: [
      {
        file: 'src/log/log-recovery.ts',
        find: 'if (!isStoredBatchValid(buffer, at)) return false\n',
        replace: '',
      },
    ],
  },
  {
    name: 'recovery-forgets-producers',
    story: 'recovery does not tell the producer state what the batches say',
    mode: 'one-broker',
    edits: [
      {
        file: 'src/log/log-recovery.ts',
        find: 'if (learn.producers !== null) replayInto(segment, learn.producers, buffer, at)',
        replace: '',
      },
    ],
  },
  {
    name: 'crash-counts-as-clean',
    story: 'the mark of a clean stop stays when the broker begins: after a power loss nothing is recovered',
    mode: 'one-broker',
    edits: [
      {
        file: 'src/log/directory-loader.ts',
        find: 'disk.remove(`${directory.path}/${CLEAN_SHUTDOWN_FILE}`)',
        replace: '',
      },
    ],
  },
  {
    name: 'generation-not-checked',
    story: 'whoever has once been a member may commit and say that it is alive, in any generation',
    mode: 'cluster',
    edits: [
      {
        file: 'src/coordinator/group/membership.ts',
        find: "claimFault(group, claim) ?? (claim.generationId === group.generation ? null : 'ILLEGAL_GENERATION')",
        replace: 'claimFault(group, claim)',
      },
    ],
  },
  {
    name: 'load-not-awaited',
    story: 'a coordinator answers for its groups while it is still reading them',
    mode: 'cluster',
    edits: [
      {
        file: 'src/coordinator/runtime.ts',
        find: "return hosted.state === 'active' ? hosted.shard : 'COORDINATOR_LOAD_IN_PROGRESS'",
        replace: 'return hosted.shard',
      },
    ],
  },
  {
    name: 'proposal-forgotten',
    story: 'a late answer to a former leadership throws away what the present one has proposed (found here)',
    mode: 'cluster',
    edits: [
      {
        file: 'src/replication/isr-proposals.ts',
        find: 'if (proposal.partition.role === proposal.leader) return true\n    this.settle(proposal)',
        replace:
          'if (proposal.partition.role === proposal.leader) return true\n    this.pending.delete(proposal.partition.key)',
      },
    ],
  },
]
