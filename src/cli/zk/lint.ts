import { MalformedZnodeError, Znode } from '../../../zk/znode.ts'
import { brokerInfo } from '../../../zk/znodes/brokers.ts'
import { clusterId, migration } from '../../../zk/znodes/cluster.ts'
import { controller, controllerEpoch } from '../../../zk/znodes/controller.ts'
import { znodeOf } from '../../../zk/znodes/table.ts'
import { error, note, warning, type Finding } from './findings.ts'
import { lintTopics } from './lint-topics.ts'
import { Picture } from './picture.ts'
import type { TreeZnode } from './read-tree.ts'

const LARGE_BYTES = 512 * 1024
const STALE_CHANGE_MS = 15 * 60_000
const MANY_CHANGES = 1000
const PENDING_LONG_MS = 60 * 60_000
const SKEW_MS = 5000

/** Paths that are there in every cluster that a broker has started in. Source: KafkaZkClient, ZkData.PersistentZkPaths. */
const EXPECTED = [
  '/brokers/ids',
  '/brokers/topics',
  '/config/changes',
  '/config/topics',
  '/config/brokers',
  '/admin/delete_topics',
  '/isr_change_notification',
  '/log_dir_event_notification',
  '/consumers',
] as const

/** Other programs' znodes that are often found beside Kafka's. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/^\/zookeeper(\/|$)/, "ZooKeeper's own"],
  [/^\/kafka-manager(\/|$)/, 'CMAK'],
  [/^\/burrow(\/|$)/, 'Burrow'],
  [/^\/consumers\/[^/]+(\/(ids|owners)(\/|$)|$)/, 'consumers of Kafka 0.8'],
  [/^\/admin\/schedule_leader_election$/, 'CMAK'],
  [/^\/schema_registry(\/|$)/, 'Schema Registry'],
  [/^\/confluent-/, 'Confluent'],
  [/^\/controllers?\//, 'another program'],
]

/** What is wrong, unusual or worth knowing in a tree, the worst first. Pure: `nowMs` is the only time there is. */
export function lintTree(tree: readonly TreeZnode[], nowMs: number): Finding[] {
  const picture = new Picture(tree)
  const findings = [
    ...lintContents(tree),
    ...lintExpected(picture),
    ...lintCluster(picture),
    ...lintController(picture),
    ...lintBrokers(picture),
    ...lintTopics(picture),
    ...lintPending(picture, nowMs),
    ...lintChanges(picture, nowMs),
  ]
  const order = { error: 0, warning: 1, note: 2 }
  return findings.sort(
    (one, other) => order[one.level] - order[other.level] || (one.path < other.path ? -1 : 1),
  )
}

function* lintContents(tree: readonly TreeZnode[]): Generator<Finding> {
  const strangers = new Map<string, number>()
  for (const { path, data, stat } of tree) {
    if (path === '/') continue
    if (stat.dataLength > LARGE_BYTES)
      yield warning(
        path,
        `holds ${stat.dataLength} bytes: ZooKeeper refuses more than 1 MB`,
        'find out who lets it grow',
      )
    const entry = znodeOf(path)
    if (entry === null) {
      const owner = STRANGERS.find(([pattern]) => pattern.test(path))?.[1]
      const top = `/${path.split('/')[1] ?? ''}`
      if (owner === undefined) strangers.set(top, (strangers.get(top) ?? 0) + 1)
      continue
    }
    const isEphemeral = stat.ephemeralOwner !== 0n
    if (entry.lifetime === 'ephemeral' && !isEphemeral) {
      yield error(
        path,
        'does not end with a session: somebody made it by hand, or a KRaft migration did',
        'remove it when no broker is behind it',
      )
    } else if (entry.lifetime !== 'ephemeral' && isEphemeral) {
      yield error(
        path,
        'will vanish with the session that made it',
        'find out which tool made it, and make it anew',
      )
    }
    const fault = faultIn(entry, path, data)
    if (fault !== null)
      yield error(path, `cannot be understood: ${fault}`, `look at it: zurau zk get ${path}`)
  }
  for (const [top, count] of strangers)
    yield note(top, `${count} ${count === 1 ? 'znode is' : 'znodes are'} not Kafka's`, 'is the chroot right?')
}

function faultIn(entry: object, path: string, data: Buffer | null): string | null {
  if (!(entry instanceof Znode)) return null
  try {
    entry.decode(data, path)
    return null
  } catch (thrown) {
    if (thrown instanceof MalformedZnodeError) return thrown.message.replace(/^znode \S+ is malformed: /, '')
    throw thrown
  }
}

function* lintExpected(picture: Picture): Generator<Finding> {
  for (const path of EXPECTED) {
    if (picture.has(path)) continue
    yield warning(path, 'is missing', 'the next broker that starts makes it; older tools fail without it')
  }
}

function* lintCluster(picture: Picture): Generator<Finding> {
  if (!picture.has(clusterId.at()))
    yield error(
      clusterId.at(),
      'is missing: brokers would invent a new id',
      'write back the one in meta.properties',
    )
  const taken = picture.decoded(migration, migration.at())
  if (taken !== null && taken.kraftControllerId >= 0) {
    yield error(
      migration.at(),
      `a KRaft controller (${taken.kraftControllerId}, epoch ${taken.kraftControllerEpoch}) is taking the cluster over`,
      'let no broker in ZooKeeper mode start here',
    )
  }
}

function* lintController(picture: Picture): Generator<Finding> {
  const claim = picture.decoded(controller, controller.at())
  if (picture.brokers.size > 0 && !picture.has(controller.at()))
    yield error(
      controller.at(),
      'nobody is the controller although brokers are alive',
      'see the log of any broker',
    )
  if (claim !== null && claim.kraftControllerEpoch < 0 && !picture.brokers.has(claim.broker))
    yield error(
      controller.at(),
      `names broker ${claim.broker}, which is not registered`,
      'its session will end, or remove it',
    )
  if (picture.has(controller.at()) && !picture.has(controllerEpoch.at()))
    yield error(
      controllerEpoch.at(),
      'is missing although there is a controller',
      'the next election makes it anew',
    )
}

function* lintBrokers(picture: Picture): Generator<Finding> {
  const addresses = new Map<string, number>()
  for (const [id, node] of picture.brokers) {
    const info = picture.decoded(brokerInfo, node.path)
    if (info === null) continue
    for (const { host, port } of info.endpoints) {
      const address = `${host}:${port}`
      const other = addresses.get(address)
      if (other !== undefined)
        yield error(
          node.path,
          `advertises ${address}, as broker ${other} does`,
          'correct advertised.listeners',
        )
      addresses.set(address, id)
    }
    if (!info.endpoints.some(({ securityProtocol }) => securityProtocol === 'PLAINTEXT'))
      yield note(
        node.path,
        'has no PLAINTEXT listener',
        'tools that find brokers in ZooKeeper may not see it',
      )
    const skewMs = info.timestampMs - node.stat.ctimeMs
    if (info.timestampMs > 0 && Math.abs(skewMs) > SKEW_MS) {
      const seconds = Math.round(Math.abs(skewMs) / 1000)
      yield warning(
        node.path,
        `its clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} ZooKeeper's`,
        'check NTP there',
      )
    }
  }
  if (picture.brokers.size === 0) yield note('/brokers/ids', 'no broker is alive', 'start one: zurau start')
}

function* lintPending(picture: Picture, nowMs: number): Generator<Finding> {
  for (const [path, what] of [
    ['/admin/reassign_partitions', 'a reassignment'],
    ['/admin/preferred_replica_election', 'an election of preferred leaders'],
  ] as const) {
    const node = picture.node(path)
    if (node === null) continue
    const forMs = nowMs - node.stat.mtimeMs
    const since = `${what} is asked for, since ${Math.round(forMs / 60_000)} min`
    if (forMs > PENDING_LONG_MS)
      yield warning(path, since, 'is a controller alive, and are all brokers that it names?')
    else yield note(path, since, 'the controller removes it when it is done')
  }
  for (const [topic, node] of picture.childrenOf('/admin/delete_topics')) {
    if (!picture.topics.has(topic))
      yield note(node.path, `asks to delete ${topic}, which is not there`, 'the controller removes it')
    else if (nowMs - node.stat.ctimeMs > PENDING_LONG_MS)
      yield warning(
        node.path,
        `${topic} waits to be deleted for more than an hour`,
        'a broker with replicas of it is down',
      )
  }
}

function* lintChanges(picture: Picture, nowMs: number): Generator<Finding> {
  const changes = [...picture.childrenOf('/config/changes').values()]
  const stale = changes.filter(({ stat }) => nowMs - stat.ctimeMs > STALE_CHANGE_MS)
  if (changes.length > MANY_CHANGES)
    yield warning(
      '/config/changes',
      `${changes.length} notifications: nobody removes them`,
      'brokers remove old ones',
    )
  else if (stale.length > 0)
    yield note(
      '/config/changes',
      `${stale.length} notifications older than 15 min`,
      'the next change removes them',
    )
  const shrunk = picture.childrenOf('/isr_change_notification').size
  if (shrunk > 0)
    yield warning('/isr_change_notification', `${shrunk} notifications wait`, 'is a controller alive?')
}
