import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LogManager } from '../../src/log/log-manager.ts'
import type { PartitionIndex } from '../../src/model/ids.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeDisk } from '../../src/platform/node/node-disk.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { buildBatch } from '../../src/records/batch-builder.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { logConfigDefaults, logManagerConfigDefaults } from '../support/log-config.ts'

/**
 * Many logs on a real directory: memory, open files, and what a start costs after a clean stop and after a kill. Each
 * start is a process of its own.
 * `tsx test/bench/many-logs.ts [logs, default 10000] [--idle: without a record; 100000 of them are a fair number]`
 */
const PARTITIONS_PER_TOPIC = 100
const SETTLE_MS = 2000
const IDLE_MS = 5000

interface Figures {
  readonly what: string
  readonly ms: number
  readonly cpuMs: number
  readonly rssMb: number
  readonly openFiles: number
}

const [countText, phase, directoryText] = process.argv.slice(2).filter((word) => word !== '--idle')
const count = Number(countText ?? 10_000)
const isIdle = process.argv.includes('--idle')
if (phase === undefined) everyPhase()
else await onePhase(phase, directoryText as string)

function everyPhase(): void {
  const directory = mkdtempSync(join(tmpdir(), 'zurau-many-logs-'))
  try {
    console.log(`${count} logs${isIdle ? ', idle' : ', each with a record'}`)
    for (const name of ['make', 'clean', 'kill', 'killed']) {
      const words = [String(count), name, directory, ...(isIdle ? ['--idle'] : [])]
      const child = spawnSync(
        process.execPath,
        ['--expose-gc', '--import', 'tsx', import.meta.filename, ...words],
        { stdio: ['ignore', 'inherit', 'inherit'] },
      )
      // One phase ends as a killed process does.
      if (child.status !== 0 && name !== 'kill') throw new Error(`${name} ended with ${String(child.status)}`)
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function onePhase(name: string, directory: string): Promise<void> {
  const manager = new LogManager({
    disk: new NodeDisk(),
    clock: new NodeClock(),
    random: new NodeRandom(),
    logger: new FakeLogger(),
    directories: [directory],
    config: logManagerConfigDefaults,
    configOf: () => logConfigDefaults,
    onWritten: () => undefined,
    onDirectoryOffline: (_path, _logs, error) => {
      throw error
    },
  })
  manager.acquire()
  const label = {
    make: 'empty start',
    clean: 'start, clean stop',
    kill: 'start, clean stop',
    killed: 'start, kill',
  }[name]
  await measured(label ?? name, () => manager.load())
  if (name === 'make') await measured('make', () => fill(manager, 0))
  if (name === 'kill') {
    await measured('one record more each', () => fill(manager, 1))
    process.kill(process.pid, 'SIGKILL')
  }
  manager.startTasks()
  await pause(SETTLE_MS)
  await measured(`idle for ${IDLE_MS / 1000} s`, () => pause(IDLE_MS))
  await measured('clean stop', () => manager.close())
}

async function fill(manager: LogManager, round: number): Promise<void> {
  const batch = buildBatch([{ key: `${round}`, value: 'a record as short as most', timestamp: Date.now() }])
  for (let i = 0; i < count; i++) {
    const log = manager.getOrCreate(
      {
        topic: `topic-${Math.floor(i / PARTITIONS_PER_TOPIC)}`,
        partition: (i % PARTITIONS_PER_TOPIC) as PartitionIndex,
      },
      { isNew: true, topicId: null },
    )
    if (isIdle) continue
    log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
    if (i % 100 === 99) await log.whenWritten()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function measured(what: string, act: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  await act()
  const ms = performance.now() - startedMs
  const used = process.cpuUsage(cpu)
  global.gc?.()
  print({
    what,
    ms,
    cpuMs: (used.user + used.system) / 1000,
    rssMb: process.memoryUsage().rss / 1e6,
    openFiles: openFiles(),
  })
}

/** Of this process; -1 where the system does not say. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return -1
  }
}

function print({ what, ms, cpuMs, rssMb, openFiles }: Figures): void {
  console.log(
    `${what.padEnd(22)} ${ms.toFixed(0).padStart(7)} ms  ${cpuMs.toFixed(0).padStart(7)} CPU-ms  ` +
      `${rssMb.toFixed(0).padStart(5)} MB RSS  ${String(openFiles).padStart(6)} open files`,
  )
}
