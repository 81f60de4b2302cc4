import type { Activity, Experiment } from '../drill/experiment/experiment.ts'
import { parseCommand } from '../drill/run/commands.ts'
import type { Trainee } from '../drill/run/run-drill.ts'
import type { Stage } from '../drill/run/stage.ts'
import type { Shell } from './shell.ts'

const MAX_LINE = 2000

const HELP = [
  '  look            the cluster as it is',
  '  hint            one hint more',
  '  step            the next step of the runbook, in our words and in Apache’s',
  '  fault …, wait …, admin …, probe …   do it: see zurau drill show for what there is',
  '  done            I am done: judge me',
  '  quit            stop here',
  '',
].join('\n')

/** Hurts the cluster, says what an operator would see, and leaves the rest to whoever sits at the keyboard. */
export function createTrainee(experiment: Experiment, shell: Shell, signal: AbortSignal): Trainee {
  return async (stage, perform) => {
    const { coach } = experiment.extensions[0]
    const say = (text: string): Promise<void> => shell.out.write(`${text}\n`)
    for (const activity of untilHuman(experiment)) await perform(activity)
    await say(`\n  ${coach.symptom}\n`)
    for (const question of coach.questions ?? []) await say(`  Think: ${question}`)
    const brokers = stage.sandbox.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
    await say(`  brokers ${brokers}\n  zookeeper ${stage.sandbox.connectString}\n${HELP}`)
    let hints = 0
    let steps = 0
    const startedMs = stage.workload.elapsedMs
    for await (const line of lines(shell, signal)) {
      if (line === '') continue
      if (line === 'done' || line === 'quit') break
      if (line === 'help' || line === '?') await say(HELP)
      else if (line === 'hint')
        await say(`  ${coach.hints[hints++] ?? 'there are no more hints: ask for a step'}`)
      else if (line === 'step') {
        const step = coach.steps[steps++]
        await say(step === undefined ? '  that was the last step' : `  ${step.say}`)
        if (step?.run !== undefined) await say(`      zurau   ${step.run}`)
        if (step?.apache !== undefined) await say(`      Apache  ${step.apache}`)
      } else if (line === 'look') await say(await look(stage))
      else await act(line, stage, say)
    }
    stage.measured.set('hints', hints)
    stage.measured.set('human_ms', stage.workload.elapsedMs - startedMs)
    await say(
      `  ${hints} hints, ${steps} steps asked for, ${Math.round((stage.workload.elapsedMs - startedMs) / 1000)} s`,
    )
  }
}

async function act(line: string, stage: Stage, say: (text: string) => Promise<void>): Promise<void> {
  const words = line.replace(/^zurau /, '')
  const parsed = parseCommand(words)
  if ('problem' in parsed) return say(`  ${parsed.problem}`)
  stage.recorder.note('human', words)
  // A trainee may err: what fails is told, and not held against the drill.
  try {
    const value = await parsed.command.run(stage, parsed.words, parsed.options)
    await say(`  ${String(value)}`)
  } catch (error) {
    await say(`  ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function look(stage: Stage): Promise<string> {
  const view = await stage.recorder.look()
  if (view === null) return '  ZooKeeper does not answer'
  const partitions = view.partitions.map(
    ({ topic, partition, leader, replicas, inSyncReplicas }) =>
      `  ${`${topic}-${partition}`.padEnd(24)} leader ${leader}  replicas ${replicas.join(',')}  in sync ${inSyncReplicas.join(',')}`,
  )
  const brokers = [...view.brokers.keys()].sort((one, other) => one - other).join(',')
  const head = `  brokers ${brokers}; controller ${view.controller ?? 'nobody'}, epoch ${view.controllerEpoch}; lag ${stage.workload.lag}`
  return [head, ...partitions].join('\n')
}

/** The steps that hurt, and the waits between them: up to the first that heals. */
function untilHuman({ method, extensions: [{ coach }] }: Experiment): Activity[] {
  const healing = new Set(coach.steps.map(({ run }) => run))
  const first = method.findIndex(({ provider }) => {
    const parsed = parseCommand(provider.arguments)
    if ('problem' in parsed || healing.has(provider.arguments)) return true
    return parsed.command.isInjection !== true && !/^(wait|probe)/.test(parsed.command.words)
  })
  return first < 0 ? [...method] : method.slice(0, Math.max(1, first))
}

async function* lines(shell: Shell, signal: AbortSignal): AsyncGenerator<string> {
  let rest = ''
  const aborted = new Promise<null>((resolve) =>
    signal.addEventListener('abort', () => resolve(null), { once: true }),
  )
  const chunks = shell.input.chunks()[Symbol.asyncIterator]()
  for (;;) {
    const next = await Promise.race([chunks.next(), aborted])
    if (next === null || next.done === true) return
    rest += next.value.toString('utf8')
    const parts = rest.split('\n')
    rest = (parts.pop() ?? '').slice(0, MAX_LINE)
    for (const part of parts) yield part.trim()
  }
}
