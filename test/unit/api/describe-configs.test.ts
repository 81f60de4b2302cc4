import { expect } from 'chai'
import { describeConfigs } from '../../../src/api/describe-configs.ts'
import type { LoggerLevel } from '../../../src/config/loggers.ts'
import { errorName } from '../../../src/model/errors.ts'
import type { RequestInput } from '../../../src/protocol/apis.ts'
import { ConfigWorld, SELF } from '../../support/config-world.ts'
import { call } from '../../support/handler-call.ts'

const TOPIC = 2
const BROKER = 4
const BROKER_LOGGER = 8
const CLIENT_METRICS = 16

describe('DescribeConfigs', () => {
  let world: ConfigWorld

  beforeEach(async () => {
    world = await ConfigWorld.open({ 'log.retention.ms': '5000', 'ssl.key.password': 'hidden' })
    world.addTopic('orders')
  })

  async function describeAll(resources: RequestInput<'DescribeConfigs'>['resources'], version?: number) {
    const handler = describeConfigs({
      ...world,
      self: SELF,
      brokerConfig: () => world.config.current,
      readTopics: (topics) => world.topicConfigs.read(topics),
      loggerLevels: () => new Map<string, LoggerLevel>([['root', 'INFO']]),
    })
    const request = { resources, includeSynonyms: version === undefined }
    const options = version === undefined ? {} : { version }
    return (await world.run(call('DescribeConfigs', handler, request, options))).results
  }

  const one = async (resourceType: number, resourceName: string, names: string[] | null = null) => {
    const [result] = await describeAll([{ resourceType, resourceName, configurationKeys: names }])
    if (result === undefined) throw new Error('no result')
    return result
  }

  it('tells a topic’s value as ZooKeeper has it now, and where it comes from', async () => {
    await world.put({ type: 'topics', name: 'orders' }, { 'retention.ms': '7' })
    const { configs } = await one(TOPIC, 'orders', ['retention.ms'])
    expect(configs.map(({ value, configSource }) => [value, configSource])).to.deep.equal([['7', 1]])
    expect(configs[0]?.synonyms.map(({ name, value, source }) => [name, value, source])).to.deep.equal([
      ['retention.ms', '7', 1],
      ['log.retention.ms', '5000', 4],
      ['log.retention.hours', '168', 5],
    ])
  })

  it('lets a topic inherit from its broker', async () => {
    const { configs } = await one(TOPIC, 'orders', ['retention.ms'])
    expect(configs.map(({ value, configSource }) => [value, configSource])).to.deep.equal([['5000', 4]])
  })

  it('hides secrets', async () => {
    const { configs } = await one(BROKER, `${SELF}`, ['ssl.key.password'])
    expect(configs[0]).to.include({ value: null, isSensitive: true, configSource: 4 })
  })

  it('knows nothing of a topic that is not there', async () => {
    expect(errorName((await one(TOPIC, 'ghost')).errorCode)).to.equal('UNKNOWN_TOPIC_OR_PARTITION')
    expect(errorName((await one(TOPIC, 'a b')).errorCode)).to.equal('INVALID_TOPIC_EXCEPTION')
  })

  it('fails for the topic whose znode cannot be read, and for no other', async () => {
    world.addTopic('spoilt')
    await world.run(world.zooKeeper.create('/config/topics/spoilt', Buffer.from('{')))
    const results = await describeAll([
      { resourceType: TOPIC, resourceName: 'spoilt', configurationKeys: null },
      { resourceType: TOPIC, resourceName: 'orders', configurationKeys: null },
    ])
    expect(results.map(({ errorCode }) => errorName(errorCode))).to.deep.equal([
      'UNKNOWN_SERVER_ERROR',
      'NONE',
    ])
  })

  it('answers for this broker alone', async () => {
    expect((await one(BROKER, '9')).errorMessage).to.equal(
      'Unexpected broker id, expected 1 or empty string, but received 9',
    )
  })

  it('tells what the default of all brokers holds', async () => {
    expect((await one(BROKER, '')).configs).to.deep.equal([])
  })

  it('lists loggers with their levels', async () => {
    const { configs } = await one(BROKER_LOGGER, `${SELF}`)
    expect(configs.map(({ name, value, configSource }) => [name, value, configSource])).to.deep.equal([
      ['root', 'INFO', 6],
    ])
  })

  it('has no client metrics without KRaft', async () => {
    const { errorCode } = await one(CLIENT_METRICS, 'm')
    expect(errorName(errorCode)).to.equal('INVALID_REQUEST')
  })

  it('refuses everything when one resource is of an unknown type', async () => {
    const results = await describeAll([
      { resourceType: 3, resourceName: 'x', configurationKeys: null },
      { resourceType: TOPIC, resourceName: 'orders', configurationKeys: null },
    ])
    expect(results.map(({ errorCode }) => errorName(errorCode))).to.deep.equal([
      'INVALID_REQUEST',
      'INVALID_REQUEST',
    ])
  })

  it('answers in every version', async () => {
    for (const version of [0, 1, 2, 3, 4]) {
      const resource = { resourceType: TOPIC, resourceName: 'orders', configurationKeys: ['retention.ms'] }
      const [result] = await describeAll([resource], version)
      expect(result?.configs[0]?.value, `version ${version}`).to.equal('5000')
    }
  })
})
