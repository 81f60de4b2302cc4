import { expect } from 'chai'
import { createMetrics } from '../../../src/metrics/registry.ts'
import { exposition } from '../../../src/metrics/prometheus.ts'
import type { Connection } from '../../../src/network/connection.ts'
import { collectSocketMetrics } from '../../../src/network/socket-metrics.ts'
import { SocketServer } from '../../../src/network/socket-server.ts'
import type { RequestServer } from '../../../src/network/request.ts'
import { deferred } from '../../../src/std/deferred.ts'
import { FakeNetwork } from '../../fakes/network.ts'
import { FakePlatform } from '../../fakes/platform.ts'
import { BrokerChannel } from '../../../src/network/broker-channel.ts'
import { parseExposition } from '../../support/parse-exposition.ts'

const LISTENER = {
  listenerName: 'PLAINTEXT',
  securityProtocol: 'PLAINTEXT',
  host: 'broker',
  port: 9092,
} as const

/** A server with one listener, where Metadata waits until the test lets it go. */
async function aServer() {
  const network = new FakeNetwork()
  const broker = new FakePlatform({ network, host: 'broker' })
  const client = new FakePlatform({ network, host: 'client' })
  const { scheduler } = network
  const gate = deferred<object>()
  const server: RequestServer = {
    open: () => ({
      handle: ({ api }) => (api === 'Metadata' ? gate.promise : { errorCode: 0, apiKeys: [] }),
      answered: () => undefined,
      closed: () => undefined,
    }),
    serves: () => true,
  }
  const sockets = new SocketServer({
    ...broker,
    clock: broker.clock,
    network: broker.network,
    logger: broker.logger,
    limits: {
      maxConnectionsOf: () => 100,
      maxConnectionsOfListener: () => 100,
      maxConnections: () => 100,
      isProtected: () => false,
    },
    maxRequestBytes: 100_000,
    maxIdleMs: -1,
    backlog: 50,
  })
  await scheduler.until(sockets.bind(LISTENER))
  sockets.serve(server)
  const metrics = createMetrics({ clock: broker.clock })
  collectSocketMetrics(metrics, sockets)
  const channel = (): BrokerChannel =>
    new BrokerChannel({
      clock: client.clock,
      network: client.network,
      host: 'broker',
      port: 9092,
      clientId: 'tester',
      connectTimeoutMs: 1000,
      requestTimeoutMs: 30_000,
      maxResponseBytes: 1_000_000,
    })
  const samples = (name: string) => {
    const text = [...exposition(metrics, { includes: () => true })].join('')
    return parseExposition(text).get(name)?.samples ?? []
  }
  const value = (name: string): number | undefined => samples(name)[0]?.value
  const traffic = (): number[] =>
    ['connection_count', 'connection_creation_total', 'connection_close_total'].map(
      (name) => value(`kafka_server_socket_server_metrics_${name}`) ?? NaN,
    )
  return { sockets, scheduler, gate, channel, samples, value, traffic }
}

describe('what the socket server shows', () => {
  it('is there before the first connection', async () => {
    const { traffic, samples } = await aServer()
    expect(traffic()).to.deep.equal([0, 0, 0])
    expect(samples('kafka_server_socket_server_metrics_connection_count')[0]?.labels).to.deep.equal({
      listener: 'PLAINTEXT',
      networkProcessor: '0',
    })
  })

  it('counts connections that come and go, and the bytes that they carry', async () => {
    const { channel, scheduler, traffic, value } = await aServer()
    const [one, other] = [channel(), channel()]
    await scheduler.until(one.call('ApiVersions', 0, {}))
    await scheduler.until(other.call('ApiVersions', 0, {}))
    expect(traffic()).to.deep.equal([2, 2, 0])
    other.close()
    await scheduler.advance(10)
    expect(traffic()).to.deep.equal([1, 2, 1])
    // 4 bytes of length, then: key 2, version 2, correlation id 4, client id 2 + 6.
    expect(value('kafka_server_socket_server_metrics_incoming_byte_total')).to.equal(2 * 20)
    // 4 bytes of length, then: correlation id 4, error 2, an empty array 4.
    expect(value('kafka_server_socket_server_metrics_outgoing_byte_total')).to.equal(2 * 14)
  })

  it('counts requests whose turn has not come', async () => {
    const { sockets, channel, scheduler, gate, value } = await aServer()
    const pipelined = channel()
    const calls = [pipelined.call('Metadata', 0, { topics: [] }), pipelined.call('ApiVersions', 0, {})]
    await scheduler.advance(10)
    const [connection] = sockets.all() as Iterable<Connection> & [Connection]
    expect(connection?.isBusy).to.equal(true)
    expect(value('kafka_network_requestchannel_responsequeuesize')).to.equal(0)
    gate.resolve({ brokers: [], topics: [] })
    await scheduler.until(Promise.all(calls))
    expect(value('kafka_network_requestchannel_requestqueuesize')).to.equal(0)
    expect(connection?.isBusy).to.equal(false)
  })

  it('counts connections by what clients say they are', async () => {
    const { sockets, channel, scheduler, samples } = await aServer()
    for (const call of [channel(), channel(), channel()])
      await scheduler.until(call.call('ApiVersions', 0, {}))
    const [one, two] = sockets.all()
    for (const each of [one, two])
      if (each !== undefined) each.info.software = { name: 'kafkajs', version: '2.2.4' }
    const counted = samples('kafka_server_socket_server_metrics_connections_software').map(
      ({ labels, value }) => [labels['clientSoftwareName'], labels['clientSoftwareVersion'], value],
    )
    expect(counted).to.deep.equal([
      ['kafkajs', '2.2.4', 2],
      ['unknown', 'unknown', 1],
    ])
  })
})
