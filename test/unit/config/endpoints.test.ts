import { expect } from 'chai'
import { endpointsOf } from '../../../src/config/derived.ts'
import { formatEndpoint } from '../../../src/model/endpoint.ts'
import type { Texts } from './builders.ts'
import { aBrokerConfig } from './builders.ts'

/** The endpoints of some settings, or the message with which they are refused. */
function resultOf(texts: Texts): string {
  try {
    const { listeners, advertised, interBrokerListener } = endpointsOf(aBrokerConfig({ static: texts }))
    const shown = [listeners, advertised].map((endpoints) =>
      endpoints.map((endpoint) => `${formatEndpoint(endpoint)} ${endpoint.securityProtocol}`).join(', '),
    )
    return `${shown.join(' | ')} | ${interBrokerListener.name} ${interBrokerListener.securityProtocol}`
  } catch (error) {
    return (error as Error).message
  }
}

const PORTS = 'Each listener must have a different port'
const MAP = 'listener.security.protocol.map'
const OPTIONS = 'The valid options based on currently configured listeners are'
const NOT_ADVERTISED =
  'requirement failed: inter.broker.listener.name must be a listener name defined in advertised.listeners.'

// Each was asked of Kafka 3.9.1 (KafkaConfig.fromProps); the messages are its own.
const cases: [texts: Texts, result: string][] = [
  [{}, 'PLAINTEXT://:9092 PLAINTEXT | PLAINTEXT://:9092 PLAINTEXT | PLAINTEXT PLAINTEXT'],
  [
    { listeners: 'PLAINTEXT://127.0.0.1:9092,SSL://[::1]:9092' },
    'PLAINTEXT://127.0.0.1:9092 PLAINTEXT, SSL://[::1]:9092 SSL | ' +
      'PLAINTEXT://127.0.0.1:9092 PLAINTEXT, SSL://[::1]:9092 SSL | PLAINTEXT PLAINTEXT',
  ],
  [
    { listeners: ' PLAINTEXT://host:1 , SSL://host:2,', 'advertised.listeners': 'PLAINTEXT://ho_st.x-y:0' },
    'PLAINTEXT://host:1 PLAINTEXT, SSL://host:2 SSL | PLAINTEXT://ho_st.x-y:0 PLAINTEXT | PLAINTEXT PLAINTEXT',
  ],
  [
    { listeners: 'internal://:9092', [MAP]: 'INTERNAL:sasl_ssl', 'inter.broker.listener.name': 'Internal' },
    'INTERNAL://:9092 SASL_SSL | INTERNAL://:9092 SASL_SSL | INTERNAL SASL_SSL',
  ],
  [
    { listeners: 'PLAINTEXT://[fe80::1%eth0]:9092' },
    'PLAINTEXT://[fe80::1%eth0]:9092 PLAINTEXT | PLAINTEXT://[fe80::1%eth0]:9092 PLAINTEXT | PLAINTEXT PLAINTEXT',
  ],
  [
    { listeners: 'A://:1', [MAP]: 'A:PLAINTEXT,A:SSL', 'inter.broker.listener.name': 'A' },
    'A://:1 SSL | A://:1 SSL | A SSL',
  ],
  [
    { listeners: 'SSL://:1', 'security.inter.broker.protocol': 'SSL' },
    'SSL://:1 SSL | SSL://:1 SSL | SSL SSL',
  ],
  [
    { listeners: 'PLAINTEXT://:9092,SSL://:9092' },
    `requirement failed: ${PORTS}, listeners: PLAINTEXT://:9092,SSL://:9092`,
  ],
  [
    { listeners: 'PLAINTEXT://127.0.0.1:9092,SSL://h:9092' },
    `${PORTS} unless exactly one listener has an IPv4 address and the other IPv6 address, listeners: ` +
      'PLAINTEXT://127.0.0.1:9092,SSL://h:9092, port: 9092',
  ],
  [
    { listeners: 'PLAINTEXT://127.0.0.1:9092,SSL://10.0.0.1:9092' },
    'requirement failed: If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, ' +
      'listeners: PLAINTEXT://127.0.0.1:9092,SSL://10.0.0.1:9092, port: 9092',
  ],
  [
    { listeners: 'PLAINTEXT://:9092,plaintext://:9093' },
    'requirement failed: Each listener must have a different name, listeners: PLAINTEXT://:9092,plaintext://:9093',
  ],
  [
    { listeners: 'INTERNAL://:9092' },
    "Error creating broker listeners from 'INTERNAL://:9092': No security protocol defined for listener INTERNAL",
  ],
  [
    { listeners: 'PLAINTEXT' },
    "Error creating broker listeners from 'PLAINTEXT': Unable to parse PLAINTEXT to a broker endpoint",
  ],
  [
    { listeners: 'PLAINTEXT://ho st:1' },
    "Error creating broker listeners from 'PLAINTEXT://ho st:1': Unable to parse PLAINTEXT://ho st:1 to a broker endpoint",
  ],
  [
    { listeners: 'PLAINTEXT://h:65536' },
    "Error creating broker listeners from 'PLAINTEXT://h:65536': Unable to parse PLAINTEXT://h:65536 to a broker endpoint",
  ],
  [
    { listeners: 'PLAINTEXT://h:-1' },
    "Error creating broker listeners from 'PLAINTEXT://h:-1': Unable to parse PLAINTEXT://h:-1 to a broker endpoint",
  ],
  [{ listeners: '' }, 'requirement failed: There must be at least one broker advertised listener.'],
  [
    { 'advertised.listeners': '' },
    'requirement failed: There must be at least one broker advertised listener.',
  ],
  [{ [MAP]: 'A:FOO' }, `Invalid security protocol \`FOO\` defined in ${MAP}`],
  [{ [MAP]: 'INTERNAL' }, `Error parsing configuration property '${MAP}': begin 0, end -1, length 8`],
  [{ listeners: 'A://:1', [MAP]: 'A:PLAINTEXT' }, `${NOT_ADVERTISED} ${OPTIONS} A`],
  [
    { listeners: 'PLAINTEXT://:1,SSL://:2', 'advertised.listeners': 'SSL://h:1' },
    `${NOT_ADVERTISED} ${OPTIONS} SSL`,
  ],
  [
    { listeners: 'PLAINTEXT://:1', 'advertised.listeners': 'PLAINTEXT://h:1,SSL://h:2' },
    'requirement failed: advertised.listeners listener names must be equal to or a subset of the ones defined in ' +
      'listeners. Found PLAINTEXT,SSL. The valid options based on the current configuration are PLAINTEXT',
  ],
  [
    { listeners: 'PLAINTEXT://0.0.0.0:1' },
    'requirement failed: advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.',
  ],
  [
    { 'inter.broker.listener.name': 'PLAINTEXT', 'security.inter.broker.protocol': 'PLAINTEXT' },
    'Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.',
  ],
  [
    { 'inter.broker.listener.name': 'FOO' },
    `Listener with name FOO defined in inter.broker.listener.name not found in ${MAP}.`,
  ],
  [
    { 'control.plane.listener.name': 'SSL' },
    'requirement failed: control.plane.listener.name must be a listener name defined in advertised.listeners. ' +
      `${OPTIONS} PLAINTEXT`,
  ],
  [
    { 'control.plane.listener.name': 'plaintext' },
    'requirement failed: control.plane.listener.name, when defined, should have a different value from the inter broker ' +
      'listener name. Currently they both have the value ListenerName(PLAINTEXT)',
  ],
]

describe('broker endpoints', () => {
  for (const [texts, result] of cases) {
    it(`makes of ${JSON.stringify(texts)}: ${result.slice(0, 70)}`, () =>
      expect(resultOf(texts)).to.equal(result))
  }

  it('names the control plane listener in capitals', () => {
    const config = aBrokerConfig({
      static: {
        listeners: 'PLAINTEXT://:1,CONTROL://:2',
        [MAP]: 'CONTROL:SSL,PLAINTEXT:PLAINTEXT',
        'control.plane.listener.name': 'control',
      },
    })
    expect(endpointsOf(config).controlPlaneListenerName).to.equal('CONTROL')
  })
})
