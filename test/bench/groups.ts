/**
 * What groups cost, alone: no network, no disk, no replication. Memory of many groups, the load of many offsets, a large
 * group that forms, heartbeats and commits.
 *
 *     tsx --expose-gc test/bench/groups.ts [filter]
 */
import { groupKey, groupValue, offsetKey, offsetValue } from '../../src/coordinator/group/group-records.ts'
import { buildBatch } from '../../src/records/batch-builder.ts'
import { commitOf, commitRequest, GroupWorld, subscription } from '../support/group-world.ts'

const filter = new RegExp(process.argv[2] ?? '.')

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const used = process.cpuUsage(since)
  return (used.user + used.system) / 1e6
}

function heapMiB(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

function report(what: string, figures: Readonly<Record<string, string>>): void {
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value}`)
  console.log(`${what.padEnd(44)} ${text.join('   ')}`)
}

/** 10,000 groups as a broker finds them in its log: members with sessions, offsets. */
async function memory(members: number, offsets: number): Promise<void> {
  const count = 10_000
  const world = new GroupWorld()
  for (let index = 0; index < count; index++) {
    const group = `group-${index}`
    const value = groupValue(
      {
        protocolType: 'consumer',
        generation: 1,
        protocol: 'range',
        leader: 'm-0',
        currentStateTimestamp: 1,
        members: Array.from({ length: members }, (_, member) => ({
          memberId: `m-${member}`,
          groupInstanceId: null,
          clientId: 'client',
          clientHost: '/10.0.0.1',
          rebalanceTimeout: 60_000,
          sessionTimeout: 45_000,
          subscription: subscription(['orders']),
          assignment: Buffer.alloc(40),
        })),
      },
      world.settings.storedVersions,
    )
    const records = [{ key: groupKey(group), value }, ...offsetsOf(world, group, offsets)]
    world.store(records)
  }
  const before = heapMiB()
  await world.elect()
  const used = heapMiB() - before
  const perGroup = `${((used * 1024) / count).toFixed(1)} KiB a group`
  report(`10,000 groups of ${members} members, ${offsets} offsets`, {
    heap: `${used.toFixed(1)} MiB`,
    each: perGroup,
  })
  world.coordinator.stop()
}

function offsetsOf(world: GroupWorld, group: string, count: number) {
  const values = {
    offset: 1234,
    leaderEpoch: 5,
    metadata: '',
    commitTimestamp: 1_700_000_000_000,
    expireTimestamp: -1,
  }
  return Array.from({ length: count }, (_, partition) => ({
    key: offsetKey(group, 'orders', partition),
    value: offsetValue({ ...values, offset: partition }, world.settings.storedVersions),
  }))
}

/** A million records of 1,000 groups with `partitions` partitions each, `perBatch` to a batch. */
async function load(partitions: number, perBatch: number): Promise<void> {
  const world = new GroupWorld()
  const total = 1_000_000
  let written = 0
  while (written < total) {
    const group = `group-${(written / perBatch) % 1000}`
    const first = written % partitions
    const records = offsetsOf(world, group, Math.min(perBatch, partitions)).map((record) => ({
      ...record,
      timestamp: 1_700_000_000_000 + first,
    }))
    world.log.put(0, buildBatch(records))
    written += records.length
  }
  const cpu = process.cpuUsage()
  await world.elect()
  const seconds = cpuSeconds(cpu)
  const each = `${((seconds * 1e6) / total).toFixed(2)} µs a record`
  report(`load of 1,000,000 offsets, ${perBatch} to a batch`, { cpu: `${seconds.toFixed(2)} s`, each })
  world.coordinator.stop()
}

/** A group forms, and forms again when one more member comes. */
async function forming(members: number): Promise<void> {
  const world = await GroupWorld.ready()
  const cpu = process.cpuUsage()
  const { memberIds } = await world.stable(members)
  const first = cpuSeconds(cpu)
  const again = process.cpuUsage()
  const joins = [world.join(), ...memberIds.map((memberId) => world.join({ memberId }))]
  await world.assign(
    (await world.clock.until(Promise.all(joins))).sort((one) => (one.members.length > 0 ? -1 : 1)),
  )
  const second = cpuSeconds(again)
  report(`a group of ${members} members`, {
    forms: `${(first * 1e3).toFixed(0)} ms cpu`,
    'forms again': `${(second * 1e3).toFixed(0)} ms cpu`,
    each: `${((second * 1e6) / members).toFixed(0)} µs a member`,
  })
  world.coordinator.stop()
}

async function heartbeats(): Promise<void> {
  const world = await GroupWorld.ready()
  const { memberIds, generationId } = await world.stable(100)
  const count = 500_000
  const cpu = process.cpuUsage()
  for (let i = 0; i < count; i++) world.heartbeat({ memberId: memberIds[i % 100] ?? '', generationId })
  report('heartbeats', { each: `${((cpuSeconds(cpu) * 1e6) / count).toFixed(2)} µs` })
  world.coordinator.stop()
}

/** Commits of `partitions` offsets, `together` of them in one turn. */
async function commits(partitions: number, together: number): Promise<void> {
  const world = await GroupWorld.ready()
  const offsets = Array.from({ length: partitions }, (_, partition) => commitOf(1, { partition }))
  const rounds = Math.ceil(100_000 / partitions / together)
  const run = async (): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const turn = Array.from({ length: together }, (_, index) =>
        world.coordinator.commit(commitRequest({ groupId: `g${index}`, offsets })),
      )
      await world.clock.until(Promise.all(turn.map((answer) => Promise.resolve(answer))))
    }
  }
  await run()
  const cpu = process.cpuUsage()
  await run()
  const each = (cpuSeconds(cpu) * 1e6) / (rounds * together)
  report(`commits of ${partitions} offsets, ${together} a turn`, {
    each: `${each.toFixed(1)} µs`,
    'an offset': `${(each / partitions).toFixed(2)} µs`,
  })
  world.coordinator.stop()
}

const benches: Readonly<Record<string, () => Promise<void>>> = {
  memory: async () => {
    await memory(0, 10)
    await memory(1, 1)
    await memory(3, 10)
  },
  load: async () => {
    await load(100, 100)
    await load(1, 1)
  },
  forming: async () => {
    await forming(50)
    await forming(500)
    await forming(1000)
    await forming(2000)
  },
  heartbeats,
  commits: async () => {
    await commits(1, 1)
    await commits(1, 100)
    await commits(16, 10)
  },
}

for (const [name, bench] of Object.entries(benches)) if (filter.test(name)) await bench()
