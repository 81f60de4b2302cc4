import { BrokerPulse } from '../../client/broker-pulse.ts'
import { KafkaError } from '../../model/errors.ts'
import { NodeProcesses } from '../../platform/node/node-processes.ts'
import { CliError } from '../cli-error.ts'
import { withCluster, type ClusterOptions } from '../cluster-options.ts'
import type { Health } from '../health/assess.ts'
import { readHealth } from '../health/read-health.ts'
import { Interruption } from '../interruption.ts'
import { print, type OutputOptions } from '../output.ts'
import type { Shell } from '../shell.ts'

export interface RollOptions extends OutputOptions {
  readonly exec: string | undefined
  readonly patience: number
  readonly dryRun: boolean
}

interface Member {
  readonly id: number
  readonly host: string
  readonly port: number
}

interface Rolled {
  readonly broker: number
  /** From the loss of the connection until everything was in sync again. */
  readonly outMs: number
}

const LOOK_MS = 500
const PULSE_TIMEOUT_MS = 5000

/** Restarts brokers one after another; none before all replicas are in sync. Stops at the first that fails. */
export async function roll(
  shell: Shell,
  ids: readonly number[],
  options: ClusterOptions & RollOptions,
): Promise<number> {
  const { order, alive } = await rollingOrder(shell, ids, options)
  if (options.dryRun) {
    await print(shell.out, options.output, {
      data: order.map(({ id, host }) => ({ broker: id, command: commandFor(options.exec, { id, host }) })),
      table: () => ({
        columns: [{ title: 'broker', align: 'right' }, { title: 'command' }],
        rows: order.map((broker) => [
          String(broker.id),
          commandFor(options.exec, broker) ?? 'wait for somebody',
        ]),
      }),
    })
    return 0
  }
  const interruption = new Interruption(shell)
  const rolled: Rolled[] = []
  try {
    for (const broker of order) {
      await gate(shell, options, alive, interruption)
      rolled.push(await rollOne(shell, broker, options, alive, interruption))
    }
  } finally {
    interruption.end()
  }
  await print(shell.out, options.output, {
    data: rolled,
    table: () => ({
      columns: [
        { title: 'broker', align: 'right' },
        { title: 'out for', align: 'right' },
      ],
      rows: rolled.map(({ broker, outMs }) => [String(broker), seconds(outMs)]),
    }),
  })
  return 0
}

/** Those that are named, in that order; else all, the controller last: so it moves once only. */
async function rollingOrder(
  shell: Shell,
  ids: readonly number[],
  options: ClusterOptions,
): Promise<{ order: Member[]; alive: number }> {
  const { brokers, controllerId } = await withCluster(shell, options, ({ admin }) => admin.metadata([]))
  const members = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { id: nodeId, host, port }]))
  const all = [...members.keys()].sort(
    (one, other) => Number(one === controllerId) - Number(other === controllerId) || one - other,
  )
  const order = (ids.length === 0 ? all : ids).map((id) => {
    const member = members.get(id)
    if (member !== undefined) return member
    throw new CliError(`broker ${id} is not alive; alive: ${all.join(', ')}`, {
      advice: 'start it first: nothing is restarted while something is missing',
    })
  })
  return { order, alive: brokers.length }
}

async function rollOne(
  shell: Shell,
  broker: Member,
  options: ClusterOptions & RollOptions,
  alive: number,
  interruption: Interruption,
): Promise<Rolled> {
  const { clock, network, err } = shell
  const pulse = new BrokerPulse({
    clock,
    network,
    clientId: 'zurau',
    connectTimeoutMs: PULSE_TIMEOUT_MS,
    requestTimeoutMs: PULSE_TIMEOUT_MS,
    address: broker,
  })
  try {
    await pulse.open()
    const command = commandFor(options.exec, broker)
    if (command === null) await err.write(`broker ${broker.id}: restart it now (${broker.host})\n`)
    else {
      await err.write(`broker ${broker.id}: ${command}\n`)
      await runCommand(shell, command)
    }
    await until(shell, options, interruption, `broker ${broker.id} has not been restarted`, async () =>
      (await pulse.beats()) ? null : true,
    )
  } finally {
    pulse.close()
  }
  const goneAtMs = clock.monotonicMs()
  await gate(shell, options, alive, interruption)
  const outMs = Math.round(clock.monotonicMs() - goneAtMs)
  await err.write(`broker ${broker.id}: back, in sync after ${seconds(outMs)}\n`)
  return { broker: broker.id, outMs }
}

/** Waits until as many brokers are alive as there were and every replica is in sync. */
async function gate(
  shell: Shell,
  options: ClusterOptions & RollOptions,
  alive: number,
  interruption: Interruption,
): Promise<void> {
  let last = ''
  await until(shell, options, interruption, 'the cluster is not healthy', async () => {
    const found = await look(shell, options, alive)
    if (typeof found !== 'string' && found.isHealthy) return true
    const reason = typeof found === 'string' ? found : (found.problems[0]?.what ?? '')
    if (reason !== last) await shell.err.write(`waiting: ${reason}\n`)
    last = reason
    return null
  })
}

async function look(shell: Shell, options: ClusterOptions, alive: number): Promise<Health | string> {
  try {
    return await withCluster(shell, { ...options, timeout: PULSE_TIMEOUT_MS }, (cluster) =>
      readHealth(cluster, alive),
    )
  } catch (error) {
    if (error instanceof KafkaError) return error.message
    throw error
  }
}

async function until(
  { clock }: Shell,
  { patience }: RollOptions,
  interruption: Interruption,
  complaint: string,
  attempt: () => Promise<true | null>,
): Promise<void> {
  const deadline = clock.monotonicMs() + patience
  while ((await attempt()) === null) {
    if (interruption.hasHappened)
      throw new CliError('interrupted: the brokers that are left were not restarted')
    if (clock.monotonicMs() + LOOK_MS > deadline) {
      throw new CliError(`${complaint} after ${seconds(patience)}: nothing more is restarted`, {
        advice: 'see what is wrong: zurau health',
      })
    }
    await interruption.wait(LOOK_MS)
  }
}

function commandFor(exec: string | undefined, { id, host }: Pick<Member, 'id' | 'host'>): string | null {
  return exec?.replaceAll('{id}', String(id)).replaceAll('{host}', host) ?? null
}

async function runCommand(shell: Shell, command: string): Promise<void> {
  const started = await new NodeProcesses().start({
    command: 'sh',
    args: ['-c', command],
    environment: shell.environment,
    directory: '.',
    outputPath: '/dev/stderr',
  })
  const { code, signal } = await started.ended
  if (code === 0) return
  throw new CliError(`the command ended with ${signal ?? `code ${code}`}: ${command}`, {
    advice: 'see to that broker; the others were not touched',
  })
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
