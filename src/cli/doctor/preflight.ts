import { check, ok, type Check } from './check.ts'

/** A broker that is registered in the ensemble. */
export interface RegisteredBroker {
  readonly id: number
  /** `host:port` of its first listener. */
  readonly address: string
  /** Whether it is this program; null when it could not be asked. */
  readonly isZurau: boolean | null
}

/** What there is below a chroot, as far as it matters to a broker that wants to join. */
export interface ClusterFacts {
  /** As the operator wrote it. */
  readonly connectString: string
  readonly chroot: string
  /** False when the chroot is not there yet. */
  readonly hasChroot: boolean
  readonly clusterId: string | null
  readonly brokers: readonly RegisteredBroker[]
  /** A KRaft controller has begun to take the cluster over. */
  readonly isMigrating: boolean
  /** Clusters that were found elsewhere in the ensemble, by chroot. */
  readonly clustersElsewhere: readonly string[]
  /** Paths that exist and may not be read by us. */
  readonly unreadable: readonly string[]
}

/** What the broker brings with it. */
export interface Applicant {
  /** Null: it takes a free one. */
  readonly brokerId: number | null
  /** What its log directories say; nulls where they are new. */
  readonly directoryClusterId: string | null
  readonly directoryBrokerId: number | null
  /** The operator knows that brokers of another make are there. */
  readonly mayJoinForeign: boolean
}

/**
 * Whether a broker may join what it found, before it writes anything. Errors are reasons to refuse. Pure.
 */
export function judgeCluster(facts: ClusterFacts, applicant: Applicant): Check[] {
  return [
    ...judgeChroot(facts),
    ...judgeClusterId(facts, applicant),
    ...judgeBrokers(facts, applicant),
    ...(facts.isMigrating
      ? [
          check(
            'error',
            '/migration',
            'a KRaft controller is migrating this cluster: what a ZooKeeper broker writes now would be lost',
            'finish or roll back the migration first',
          ),
        ]
      : []),
    ...facts.unreadable.map((path) =>
      check(
        'error',
        path,
        'its ACL does not let us read it',
        'start with the credentials of the brokers: see zookeeper.set.acl and the login of the ensemble',
      ),
    ),
  ]
}

function* judgeChroot({
  chroot,
  hasChroot,
  clustersElsewhere,
  connectString,
}: ClusterFacts): Generator<Check> {
  const place = chroot === '' ? '/' : chroot
  if (hasChroot) yield ok('chroot', `${place} is there`)
  else if (clustersElsewhere.length > 0) {
    yield check(
      'warning',
      'chroot',
      `${place} is not there, but there are clusters at ${clustersElsewhere.join(', ')}`,
      `if you meant one of them, correct ${connectString}; otherwise a new cluster begins at ${place}`,
    )
  } else yield ok('chroot', `${place} is not there yet: it will be made`)
}

function* judgeClusterId(
  { clusterId, clustersElsewhere, chroot, hasChroot }: ClusterFacts,
  applicant: Applicant,
): Generator<Check> {
  const { directoryClusterId } = applicant
  if (directoryClusterId !== null && clusterId !== null && directoryClusterId !== clusterId) {
    yield check(
      'error',
      'cluster id',
      `the log directories belong to cluster ${directoryClusterId}, this ensemble says ${clusterId}`,
      'name the right ensemble and chroot, or other log.dirs',
    )
  } else if (directoryClusterId !== null && clusterId === null) {
    yield check(
      'error',
      'cluster id',
      `the log directories belong to cluster ${directoryClusterId}, and there is no cluster here`,
      'did you forget the chroot (host:port/kafka)? Otherwise use other log.dirs',
    )
  } else if (clusterId !== null) yield ok('cluster id', clusterId)
  else {
    yield ok('cluster id', 'there is no cluster yet: a new one begins')
    if (hasChroot && chroot === '' && clustersElsewhere.length > 0) {
      yield check(
        'warning',
        'chroot',
        `there is no cluster at the root, but there are some at ${clustersElsewhere.join(', ')}`,
        'did you forget the chroot (host:port/kafka)?',
      )
    }
  }
}

function* judgeBrokers({ brokers, connectString }: ClusterFacts, applicant: Applicant): Generator<Check> {
  if (brokers.length === 0) {
    yield ok('brokers', 'none is registered')
    return
  }
  const foreign = brokers.filter(({ isZurau }) => isZurau === false)
  const ids = brokers.map(({ id, address }) => `${id} (${address})`).join(', ')
  if (foreign.length === 0) yield ok('brokers', `${ids}`)
  else {
    const names = foreign.map(({ id }) => id).join(', ')
    yield check(
      applicant.mayJoinForeign ? 'warning' : 'error',
      'brokers',
      `brokers ${names} are alive and are not Zürau: ${ids}`,
      applicant.mayJoinForeign
        ? 'mixed clusters are for moving from one to the other: keep replicas of both kinds in sync'
        : `start beside them: zurau start --zookeeper ${beside(connectString)}; only look: zurau zk lint --zookeeper ${connectString}; join all the same: zurau start --join-foreign`,
    )
  }
  const { brokerId, directoryBrokerId } = applicant
  const holder = brokers.find(({ id }) => id === brokerId)
  if (holder !== undefined) {
    yield check(
      // Its own earlier life may hold it still: the broker waits for that session to end.
      directoryBrokerId === brokerId ? 'note' : 'error',
      'broker id',
      `id ${holder.id} is registered by ${holder.address}`,
      'if that is this broker before its restart, it will wait for the session to end; else choose another broker.id, or -1',
    )
  }
}

function beside(connectString: string): string {
  const slash = connectString.indexOf('/')
  return `${slash < 0 ? connectString : connectString.slice(0, slash)}/zurau`
}
