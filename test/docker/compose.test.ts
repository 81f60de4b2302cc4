import { expect } from 'chai'
import {
  ContainerCluster,
  kcat,
  SERVICES,
  until,
  whyNoContainers,
  type Service,
} from './container-cluster.ts'

const TOPIC = 'demo'
const RECORDS_PER_ROUND = 200
const BROKERS = SERVICES.filter((service) => service.startsWith('kafka'))

/** A second network card for what is cut off would be cheating: its only network is taken away, and given back. */
const faults: readonly {
  readonly name: string
  readonly strike: (cluster: ContainerCluster, service: Service) => Promise<void>
  readonly heal: (cluster: ContainerCluster, service: Service) => Promise<void>
  readonly targets: readonly Service[]
}[] = [
  {
    name: 'docker kill',
    strike: async (cluster, service) => void (await cluster.docker('kill', await cluster.container(service))),
    heal: async (cluster, service) => void (await cluster.compose('up', '-d', '--no-recreate', service)),
    targets: SERVICES,
  },
  {
    name: 'docker pause',
    strike: async (cluster, service) =>
      void (await cluster.docker('pause', await cluster.container(service))),
    heal: async (cluster, service) =>
      void (await cluster.docker('unpause', await cluster.container(service))),
    targets: ['kafka2'],
  },
  {
    name: 'docker network disconnect',
    strike: async (cluster, service) =>
      void (await cluster.docker(
        'network',
        'disconnect',
        networkOf(cluster),
        await cluster.container(service),
      )),
    heal: async (cluster, service) =>
      void (await cluster.docker(
        ...['network', 'connect', '--alias', service, networkOf(cluster), await cluster.container(service)],
      )),
    targets: ['kafka3'],
  },
]

function networkOf(cluster: ContainerCluster): string {
  return `${cluster.project}_default`
}

describe('the containers of compose.yaml', function () {
  this.timeout(240_000)
  let cluster: ContainerCluster | null = null
  /** Every record that a broker has acknowledged. */
  const acknowledged: string[] = []

  before(async function () {
    this.timeout(600_000)
    const why = whyNoContainers()
    if (why !== null) {
      console.warn(`SKIPPED the containers: ${why}`)
      this.skip()
    }
    cluster = await ContainerCluster.start()
  })

  after(async function () {
    this.timeout(120_000)
    await cluster?.stop()
  })

  function running(): ContainerCluster {
    if (cluster === null) throw new Error('the containers do not run')
    return cluster
  }

  async function produce(round: string): Promise<void> {
    const lines = Array.from({ length: RECORDS_PER_ROUND }, (_, index) => `${round} ${index}`)
    const settings = ['-X', 'acks=all', '-X', 'enable.idempotence=true', '-X', 'message.timeout.ms=80000']
    await kcat(['-P', '-b', running().bootstrapServers, '-t', TOPIC, ...settings], `${lines.join('\n')}\n`)
    acknowledged.push(...lines)
  }

  async function readAll(): Promise<string[]> {
    const read = await kcat([
      '-C',
      '-q',
      '-e',
      '-b',
      running().bootstrapServers,
      '-t',
      TOPIC,
      '-o',
      'beginning',
    ])
    return read.split('\n').filter((line) => line !== '')
  }

  it('create the topics of KAFKA_CREATE_TOPICS, in sync on all brokers', async () => {
    await running().allInSync(TOPIC)
  })

  it('do not run brokers as root', async () => {
    for (const service of BROKERS) {
      const user = await running().docker('exec', await running().container(service), 'id', '-u')
      expect(user.trim(), service).to.equal('1000')
    }
  })

  for (const { name, strike, heal, targets } of faults) {
    for (const service of targets) {
      it(`lose no acknowledged record through ${name} of ${service}, and take more meanwhile`, async () => {
        await produce(`before ${name} of ${service}:`)
        await strike(running(), service)
        try {
          await produce(`during ${name} of ${service}:`)
          expect((await readAll()).sort()).to.deep.equal([...acknowledged].sort())
        } finally {
          await heal(running(), service)
        }
        await running().allHealthy()
        await running().allInSync(TOPIC)
        expect((await readAll()).sort()).to.deep.equal([...acknowledged].sort())
      })
    }
  }

  const dialects: readonly { name: string; id: number; variables: readonly string[] }[] = [
    {
      name: 'apache/kafka and cp-kafka',
      id: 11,
      variables: [
        ...['KAFKA_BROKER_ID=11', 'KAFKA_ZOOKEEPER_CONNECT=zoo1:2181/apache', 'KAFKA_HEAP_OPTS=-Xmx1g'],
        'KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092',
      ],
    },
    {
      name: 'bitnami/kafka',
      id: 12,
      variables: [
        ...['KAFKA_CFG_BROKER_ID=12', 'KAFKA_CFG_ZOOKEEPER_CONNECT=zoo1:2181/bitnami'],
        'ALLOW_PLAINTEXT_LISTENER=yes',
      ],
    },
    { name: 'Zürau', id: 13, variables: ['ZURAU_BROKER_ID=13', 'ZURAU_ZOOKEEPER_CONNECT=zoo1:2181/own'] },
  ]
  for (const { name, id, variables } of dialects) {
    it(`read variables in the dialect of ${name}, and end within seconds of SIGTERM`, async () => {
      const environment = variables.flatMap((variable) => ['-e', variable])
      const args = ['run', '-d', '--rm', '--init', '--network', networkOf(running()), ...environment, 'zurau']
      const container = (await running().docker(...args)).trim()
      try {
        await until(`broker ${id} has started`, 60_000, async () =>
          (await running().docker('logs', container)).includes(`[KafkaServer id=${id}] started`),
        )
      } finally {
        const began = Date.now()
        await running().docker('stop', '--time', '30', container)
        expect(Date.now() - began).to.be.below(20_000)
      }
    })
  }
})
