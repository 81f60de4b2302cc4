import { expect } from 'chai'
import type { AlterOutcome, IncrementalEntry, ReplacingEntry } from '../../../src/config/alter.ts'
import {
  alterBroker,
  alterTopic,
  dynamicScopeOf,
  NAMED_TWICE,
  newTopicConfig,
  resourcesNamedTwice,
} from '../../../src/config/alter.ts'
import type { ConfigEntry, DescribeOptions } from '../../../src/config/describe.ts'
import {
  describeBroker,
  describeClusterDefault,
  describedBroker,
  describeTopic,
} from '../../../src/config/describe.ts'
import type { Properties } from '../../../src/config/layers.ts'
import { NO_PROPERTIES } from '../../../src/config/layers.ts'
import { LiveBrokerConfig } from '../../../src/config/live-config.ts'
import type { LoggerLevel } from '../../../src/config/loggers.ts'
import {
  alteredLoggers,
  checkAlteredLoggersBroker,
  checkDescribedLoggersBroker,
  describeLoggers,
} from '../../../src/config/loggers.ts'
import { effectiveTopicConfig, topicDefaults } from '../../../src/config/topic-config.ts'
import type { ErrorName } from '../../../src/model/errors.ts'
import { defaultErrorMessage, errorCode, KafkaError } from '../../../src/model/errors.ts'
import { topicNameFault } from '../../../src/model/topic-name.ts'
import { sharedJson } from '../../support/shared.ts'

/** Requests and answers of a transcript, as far as they concern configuration. */
interface Step {
  readonly sent?: {
    readonly api: string
    readonly version: number
    readonly body: {
      readonly topics?: readonly { readonly name: string; readonly configs?: readonly ReplacingEntry[] }[]
      readonly resources?: readonly Resource[]
      readonly validateOnly?: boolean
      readonly includeSynonyms?: boolean
      readonly includeDocumentation?: boolean
    }
  }
  readonly answer?: {
    readonly topics?: readonly { readonly errorCode: number; readonly errorMessage: string | null }[]
    readonly responses?: readonly unknown[]
    readonly results?: readonly { readonly configs: readonly object[] }[]
  }
}

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs?: readonly IncrementalEntry[]
  readonly configurationKeys?: readonly string[] | null
}

interface Transcript {
  readonly cases: readonly { readonly name: string; readonly steps: readonly Step[] }[]
}

const TOPIC = 2
const BROKER = 4
const LOGGER = 8
const CLIENT_METRICS = 16

/** As much of a broker as configuration needs: the pure functions, and maps in the place of ZooKeeper. */
class BrokerOfMaps {
  private readonly config = new LiveBrokerConfig(
    new Map([
      ['broker.id', '0'],
      ['listeners', 'PLAINTEXT://127.0.0.1:9092'],
      ['log.dirs', '/a,/b'],
      ['zookeeper.connect', '127.0.0.1:2181'],
      ['offsets.topic.replication.factor', '1'],
      ['transaction.state.log.replication.factor', '1'],
      ['transaction.state.log.min.isr', '1'],
      ['group.initial.rebalance.delay.ms', '0'],
      ['message.max.bytes', '20000'],
      ['offsets.topic.num.partitions', '5'],
      ['transaction.state.log.num.partitions', '5'],
    ]),
  )
  private readonly topics = new Map<string, Properties>()
  private readonly znodes = { broker: NO_PROPERTIES, 'cluster-default': NO_PROPERTIES }
  private readonly loggers = new Map<string, LoggerLevel>([
    ['root', 'WARN'],
    ['kafka.server.KafkaApis', 'WARN'],
  ])

  constructor() {
    this.config.start()
  }

  /** The answer to a step, or null for what is not about configuration. */
  answer({ api, version, body }: NonNullable<Step['sent']>): unknown {
    switch (api) {
      case 'CreateTopics':
        return (body.topics ?? []).map(({ name, configs }) =>
          this.create(name, configs ?? [], body.validateOnly),
        )
      case 'DescribeConfigs':
        return (body.resources ?? []).map((resource) => this.describe(resource, version, body))
      case 'AlterConfigs':
      case 'IncrementalAlterConfigs': {
        const resources = body.resources ?? []
        const twice = resourcesNamedTwice(resources)
        return resources.map((resource) => ({
          ...(twice.has(resource)
            ? refusal(NAMED_TWICE.error, NAMED_TWICE.message)
            : this.alter(resource, api === 'IncrementalAlterConfigs', body.validateOnly ?? false)),
          resourceType: resource.resourceType,
          resourceName: resource.resourceName,
        }))
      }
      default:
        return null
    }
  }

  private create(name: string, entries: readonly ReplacingEntry[], validateOnly = false): object {
    const outcome = newTopicConfig({ entries, defaults: topicDefaults(this.config.current) })
    if (outcome.kind === 'altered' && !validateOnly) this.topics.set(name, outcome.properties)
    return answerOf(outcome)
  }

  private alter(resource: Resource, isIncremental: boolean, validateOnly: boolean): object {
    const { resourceType, resourceName: name, configs = [] } = resource
    const alteration = isIncremental
      ? { kind: 'incremental' as const, entries: configs }
      : { kind: 'replace' as const, entries: configs }
    return orRefusal(() => {
      if (resourceType === BROKER) {
        const scope = dynamicScopeOf(name, 0)
        const current = this.znodes[scope]
        const config = this.config.current
        const outcome = alterBroker({ scope, resourceName: name, alteration, current, config, validateOnly })
        if (outcome.kind === 'altered' && !validateOnly) {
          this.znodes[scope] = outcome.properties
          this.config.replaceLayer(scope, outcome.properties)
        }
        return answerOf(outcome)
      }
      if (resourceType === TOPIC) {
        const current = this.topics.get(name) ?? NO_PROPERTIES
        const defaults = topicDefaults(this.config.current)
        const outcome = alterTopic({ topic: name, alteration, current, defaults })
        if (outcome.kind === 'refused') return answerOf(outcome)
        if (!this.topics.has(name)) {
          return refusal('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
        }
        if (!validateOnly) this.topics.set(name, outcome.properties)
        return answerOf(outcome)
      }
      if (resourceType === LOGGER && isIncremental) {
        checkAlteredLoggersBroker(name, 0)
        for (const [logger, level] of alteredLoggers(this.loggers, configs))
          this.loggers.set(logger, level ?? 'WARN')
        return { errorCode: 0, errorMessage: null }
      }
      const message =
        resourceType === CLIENT_METRICS
          ? 'AlterConfigs is only supported for topics and brokers, but resource type is CLIENT_METRICS'
          : `Unknown resource type ${resourceType}`
      return refusal('INVALID_REQUEST', message)
    })
  }

  private describe(resource: Resource, version: number, body: NonNullable<Step['sent']>['body']): object {
    const { resourceType, resourceName } = resource
    const options: DescribeOptions = {
      names: resource.configurationKeys ?? null,
      includeSynonyms: version >= 1 && body.includeSynonyms === true,
      includeDocumentation: version >= 3 && body.includeDocumentation === true,
    }
    const result = orRefusal(() => ({
      errorCode: 0,
      errorMessage: '',
      configs: this.entries(resource, options).map((entry) => asVersion(entry, version)),
    }))
    return { configs: [], ...result, resourceType, resourceName }
  }

  private entries({ resourceType, resourceName: name }: Resource, options: DescribeOptions): ConfigEntry[] {
    const broker = this.config.current
    if (resourceType === LOGGER) {
      checkDescribedLoggersBroker(name, 0)
      return describeLoggers(this.loggers, options.names)
    }
    if (resourceType === BROKER) {
      return describedBroker(name, 0) === 'broker'
        ? describeBroker(broker, options)
        : describeClusterDefault(broker, options)
    }
    if (resourceType !== TOPIC) throw new KafkaError('INVALID_REQUEST')
    const fault = topicNameFault(name)
    if (fault !== null) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${fault}`)
    const { config } = effectiveTopicConfig(topicDefaults(broker), this.topics.get(name) ?? NO_PROPERTIES)
    return describeTopic(config, broker, options)
  }
}

function refusal(error: ErrorName, message: string): object {
  return { errorCode: errorCode(error), errorMessage: message }
}

function orRefusal(answer: () => object): object {
  try {
    return answer()
  } catch (error) {
    if (error instanceof KafkaError)
      return refusal(error.error, error.message || defaultErrorMessage(error.error))
    throw error
  }
}

function answerOf(outcome: AlterOutcome): object {
  return outcome.kind === 'altered'
    ? { errorCode: 0, errorMessage: null }
    : refusal(outcome.error, outcome.message)
}

/** The fields that a version of DescribeConfigs has, in the order in which transcripts sort them. */
function asVersion(entry: ConfigEntry, version: number): object {
  const { name, value, readOnly, isDefault, configSource, isSensitive, synonyms, configType, documentation } =
    entry
  const sorted = [...synonyms].sort((one, other) =>
    one.name < other.name ? -1 : one.name > other.name ? 1 : 0,
  )
  if (version === 0) return { name, value, readOnly, isDefault, isSensitive }
  if (version < 3) return { name, value, readOnly, configSource, isSensitive, synonyms: sorted }
  return { name, value, readOnly, configSource, isSensitive, synonyms: sorted, configType, documentation }
}

/** What of an answer is compared, in one form with ours: documentation is in our own words, ports are accidental. */
function comparable(answer: NonNullable<Step['answer']>): unknown {
  const parts = answer.topics?.map(({ errorCode, errorMessage }) => ({ errorCode, errorMessage }))
  return parts ?? answer.responses ?? answer.results
}

/** A transcript with its placeholders filled, and without the words that are our own. */
function filled(transcript: Transcript): Transcript {
  const text = JSON.stringify(transcript)
    .replaceAll('{run}', 'run')
    .replaceAll('<host>:<port:0>', '127.0.0.1:9092')
    .replaceAll('"documentation":"<any>"', '"documentation":null')
  return JSON.parse(text) as Transcript
}

describe('configuration requests, replayed from a real broker', () => {
  for (const name of ['configs', 'topics']) {
    const seen = sharedJson<Transcript>(`peer/transcripts/${name}.json`, `the replay of ${name}`)

    describe(name, () => {
      if (seen === null) {
        it.skip('is answered as Kafka answers (the transcript is not there)')
        return
      }
      const { cases } = filled(seen)
      const setup = cases.filter((one) => one.name === 'setup').flatMap(({ steps }) => steps)
      for (const { name: caseName, steps } of cases) {
        if (caseName === 'setup') continue
        // Of the topics only what says something about their configuration.
        if (name === 'topics' && !caseName.startsWith('create-config-')) continue
        it(`answers ${caseName} as Kafka does`, () => {
          const broker = new BrokerOfMaps()
          for (const { sent } of setup) if (sent) broker.answer(sent)
          let compared = 0
          for (const { sent, answer } of steps) {
            const ours = sent && answer ? broker.answer(sent) : null
            if (ours === null || answer === undefined) continue
            expect(ours, JSON.stringify(sent)).to.deep.equal(comparable(answer))
            compared++
          }
          expect(compared).to.be.greaterThan(0)
        })
      }
    })
  }
})
