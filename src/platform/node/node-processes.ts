import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { ProcessEnd, Processes, ProcessSignal, ProcessSpec, RunningProcess } from '../processes.ts'

/** Processes in groups of their own: Ctrl-C on the terminal reaches us alone, and we end them in order. */
export class NodeProcesses implements Processes {
  private readonly running = new Set<RunningProcess>()
  private isWatchingExit = false

  async start(spec: ProcessSpec): Promise<RunningProcess> {
    this.watchExit()
    const output = openSync(spec.outputPath, 'a')
    try {
      const child = spawn(spec.command, [...spec.args], {
        cwd: spec.directory,
        env: { ...spec.environment },
        stdio: ['ignore', output, output],
        detached: true,
      })
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve)
        child.once('error', reject)
      })
      const pid = child.pid as number
      let hasEnded = false
      const ended = new Promise<ProcessEnd>((resolve) => {
        child.once('exit', (code, signal) => {
          hasEnded = true
          this.running.delete(started)
          resolve({ code, signal })
        })
      })
      const started: RunningProcess = {
        pid,
        ended,
        get hasEnded() {
          return hasEnded
        },
        signal: (signal) => !hasEnded && signalGroup(pid, signal),
      }
      this.running.add(started)
      return started
    } finally {
      closeSync(output)
    }
  }

  private watchExit(): void {
    if (this.isWatchingExit) return
    this.isWatchingExit = true
    process.on('exit', () => {
      for (const each of this.running) each.signal('SIGKILL')
    })
  }
}

function signalGroup(pid: number, signal: ProcessSignal): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
