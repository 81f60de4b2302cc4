import { execFile, spawn, spawnSync } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

export const SERVICES = ['zoo1', 'zoo2', 'zoo3', 'kafka1', 'kafka2', 'kafka3'] as const
export type Service = (typeof SERVICES)[number]

/** What keeps these tests from running here; null when nothing does. */
export function whyNoContainers(): string | null {
  const works = (file: string, ...args: string[]) => spawnSync(file, args, { stdio: 'ignore' }).status === 0
  if (!works('docker', 'info')) return 'no Docker engine answers (DOCKER_HOST names one)'
  if (composeCommand() === null) return 'there is no docker compose'
  if (!works('kcat', '-V')) return 'there is no kcat'
  return null
}

function composeCommand(): readonly string[] | null {
  if (spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0)
    return ['docker', 'compose']
  if (spawnSync('docker-compose', ['version'], { stdio: 'ignore' }).status === 0) return ['docker-compose']
  return null
}

/** The six containers of compose.yaml under a name of their own, on free ports. */
export class ContainerCluster {
  readonly project = `zurau-test-${process.pid}`
  private readonly ports: readonly number[]
  private readonly environment: NodeJS.ProcessEnv

  private constructor(ports: readonly number[]) {
    this.ports = ports
    this.environment = { ...process.env, COMPOSE_PROJECT_NAME: this.project }
    for (const index of [0, 1, 2]) {
      this.environment[`KAFKA${index + 1}_PORT`] = String(ports[index])
      this.environment[`HTTP${index + 1}_PORT`] = String(ports[index + 3])
    }
  }

  /** Builds the image, starts all containers and resolves when each of them is healthy. */
  static async start(): Promise<ContainerCluster> {
    const cluster = new ContainerCluster(await freePorts(6))
    try {
      await cluster.compose('up', '-d', '--build')
      await cluster.allHealthy()
      return cluster
    } catch (error) {
      const { stdout } = await cluster.compose('logs', '--tail=20')
      await cluster.stop()
      throw new Error(`the containers did not become healthy:\n${stdout}`, { cause: error })
    }
  }

  /** Brokers as clients on this machine reach them. */
  get bootstrapServers(): string {
    return this.ports
      .slice(0, 3)
      .map((port) => `localhost:${port}`)
      .join(',')
  }

  /** The id of a service's container, running or not. */
  async container(service: Service): Promise<string> {
    const label = 'label=com.docker.compose'
    const filters = [`${label}.project=${this.project}`, `${label}.service=${service}`]
    return (await this.docker('ps', '-aq', ...filters.flatMap((filter) => ['--filter', filter]))).trim()
  }

  async docker(...args: string[]): Promise<string> {
    const { stdout } = await run('docker', args, { maxBuffer: MAX_OUTPUT_BYTES })
    return stdout
  }

  async isHealthy(service: Service): Promise<boolean> {
    const id = await this.container(service)
    return (
      id !== '' && (await this.docker('inspect', '-f', '{{.State.Health.Status}}', id)).trim() === 'healthy'
    )
  }

  async allHealthy(): Promise<void> {
    await until('all containers are healthy', 150_000, async () => {
      for (const service of SERVICES) if (!(await this.isHealthy(service))) return false
      return true
    })
  }

  /** Every partition of the topic has all its replicas in sync, as a broker sees it. */
  async allInSync(topic: string): Promise<void> {
    await until(`${topic} is in sync everywhere`, 120_000, async () => {
      const { topics } = JSON.parse(await kcat(['-b', this.bootstrapServers, '-L', '-J', '-t', topic])) as {
        topics: { partitions: { isrs: unknown[] }[] }[]
      }
      const partitions = topics[0]?.partitions ?? []
      return partitions.length > 0 && partitions.every(({ isrs }) => isrs.length === 3)
    })
  }

  async stop(): Promise<void> {
    await this.compose('down', '--volumes', '--timeout', '5')
  }

  compose(...args: string[]): Promise<{ stdout: string }> {
    const [file = '', ...first] = composeCommand() ?? []
    return run(file, [...first, '-f', 'compose.yaml', ...args], {
      cwd: ROOT,
      env: this.environment,
      maxBuffer: MAX_OUTPUT_BYTES,
    })
  }
}

/** What kcat prints. Rejects when it fails, as when one record was not acknowledged. */
export async function kcat(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 90_000 })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(out)
      else reject(new Error(`kcat ${args.join(' ')} ended with ${code}:\n${err.slice(-2000)}`))
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/** Asks until it is so. What fails while asking counts as "not yet"; the last failure is the cause in the end. */
export async function until(what: string, timeoutMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let cause: unknown
  do {
    try {
      if (await isSo()) return
      cause = undefined
    } catch (error) {
      cause = error
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  } while (Date.now() < deadline)
  throw new Error(`waited ${timeoutMs / 1000} s until ${what}`, { cause })
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ports.push((server.address() as AddressInfo).port)
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return ports
}
