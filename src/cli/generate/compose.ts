import type { GeneratedFile } from './generated-file.ts'

const FIRST_PORT = 9092

/**
 * Containers for so many ZooKeepers and brokers. Clients on this machine find broker N at localhost:N9092, others in
 * containers at kafkaN:9092; health and metrics of broker N are at localhost:N8082.
 */
export function composeFiles(options: {
  brokers: number
  zookeepers: number
  image: string
}): GeneratedFile[] {
  const { brokers, zookeepers, image } = options
  const zoo = numbers(zookeepers).map((id) => `zoo${id}`)
  const replicas = Math.min(3, brokers)
  const minInSync = Math.max(1, replicas - 1)
  const servers = numbers(zookeepers).map((id) => `server.${id}=zoo${id}:2888:3888;2181`)
  const lines = [
    `# ${zookeepers} ZooKeeper and ${brokers} broker containers: docker compose up -d`,
    'x-zookeeper: &zookeeper',
    '  image: zookeeper:3.8',
    '  init: true',
    '  restart: unless-stopped',
    '  healthcheck:',
    "    test: ['CMD-SHELL', 'echo ruok | nc -w 2 127.0.0.1 2181 | grep -q imok']",
    '    interval: 5s',
    '    timeout: 3s',
    '    retries: 12',
    '',
    'x-ensemble: &ensemble',
    `  ZOO_SERVERS: ${servers.join(' ')}`,
    '  ZOO_4LW_COMMANDS_WHITELIST: ruok,srvr,mntr,conf,cons,stat,wchs',
    '',
    'x-broker: &broker',
    `  image: ${image}`,
    '  init: true',
    '  restart: unless-stopped',
    '  depends_on:',
    ...zoo.map((name) => `    ${name}: { condition: service_healthy }`),
    '',
    'x-settings: &settings',
    `  KAFKA_ZOOKEEPER_CONNECT: ${zoo.map((name) => `${name}:2181`).join(',')}/kafka`,
    '  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT',
    '  KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL',
    `  KAFKA_DEFAULT_REPLICATION_FACTOR: ${replicas}`,
    `  KAFKA_MIN_INSYNC_REPLICAS: ${minInSync}`,
    `  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: ${replicas}`,
    `  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: ${replicas}`,
    `  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: ${minInSync}`,
    '',
    'services:',
    ...numbers(zookeepers).flatMap((id) => [
      `  zoo${id}:`,
      '    <<: *zookeeper',
      `    environment: { <<: *ensemble, ZOO_MY_ID: ${id} }`,
      `    volumes: ['zoo${id}-data:/data', 'zoo${id}-log:/datalog']`,
    ]),
    ...numbers(brokers).flatMap((id) => [
      `  kafka${id}:`,
      '    <<: *broker',
      `    ports: ['127.0.0.1:${port(id)}:${port(id)}', '127.0.0.1:${id}8082:8082']`,
      '    environment:',
      '      <<: *settings',
      `      KAFKA_BROKER_ID: ${id}`,
      `      KAFKA_LISTENERS: INTERNAL://0.0.0.0:9092,EXTERNAL://0.0.0.0:${port(id)}`,
      `      KAFKA_ADVERTISED_LISTENERS: INTERNAL://kafka${id}:9092,EXTERNAL://localhost:${port(id)}`,
      `    volumes: ['kafka${id}:/var/lib/zurau']`,
    ]),
    '',
    'volumes:',
    ...numbers(zookeepers).flatMap((id) => [`  zoo${id}-data: {}`, `  zoo${id}-log: {}`]),
    ...numbers(brokers).map((id) => `  kafka${id}: {}`),
  ]
  return [{ name: 'compose.yaml', text: `${lines.join('\n')}\n` }]
}

/** 19092, 29092, … */
function port(id: number): number {
  return id * 10_000 + FIRST_PORT
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
