import { parseArgs } from 'node:util'
import { FakeRandom } from '../fakes/random.ts'
import { runChaos } from './chaos-run.ts'

/** `tsx test/chaos/run.ts --minutes 30 [--seed text]`: exit code 1 when anything was lost, doubled or out of order. */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string', default: `${process.pid}` } },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} is not a time`)
const write = (line: string): void => void process.stdout.write(`${line}\n`)
write(`faults for ${minutes} minutes, chosen by --seed ${values.seed}`)
const report = await runChaos({
  durationMs: minutes * 60_000,
  random: new FakeRandom(values.seed),
  log: write,
})
write('')
for (const [fault, { count, longestGapMs }] of report.faults) {
  write(`${fault.padEnd(36)} ${String(count).padStart(4)} times   longest gap ${longestGapMs} ms`)
}
const { written, lost, duplicated, reordered, gaps, differingReplicas, complaints } = report
write(
  `${written} records acknowledged: ${lost} lost, ${duplicated} duplicated, ${reordered} reordered, ${gaps} gaps in ` +
    `offsets, ${differingReplicas.length} partitions whose replicas differ, ${complaints.length} errors logged`,
)
process.exitCode = lost + duplicated + reordered + gaps + differingReplicas.length === 0 ? 0 : 1
