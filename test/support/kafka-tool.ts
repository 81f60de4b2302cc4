import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaClass, kafkaJars } from './broker-command.ts'

/** What a tool said, and how it ended. */
export interface ToolResult {
  /** Of both outputs, in the order in which they came. */
  readonly lines: readonly string[]
  readonly exitCode: number
}

/** Java on a busy machine. */
const TOOL_TIMEOUT_MS = 90_000

/** Apache Kafka's own command line tools of one version. */
export class KafkaTools {
  private readonly jars: string
  private readonly directory = mkdtempSync(join(tmpdir(), 'zurau-tools-'))

  private constructor(jars: string) {
    this.jars = jars
  }

  /** Null, and loudly so, when this machine does not have them. */
  static find(version: '3.9.1' | '2.8.2', whoMisses: string): KafkaTools | null {
    if (version === '3.9.1') {
      const jars = kafkaJars(whoMisses)
      return jars === null ? null : new KafkaTools(jars)
    }
    const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
    const folder = join(cache, 'zurau', `kafka-${version}`)
    if (existsSync(join(folder, `kafka_2.13-${version}.jar`))) return new KafkaTools(folder)
    console.warn(`SKIPPED ${whoMisses}: no jars of Kafka ${version} in ${folder} (test/support/install.sh)`)
    return null
  }

  /** A file for a tool to read. */
  file(name: string, text: string): string {
    const path = join(this.directory, name)
    writeFileSync(path, text)
    return path
  }

  /** Runs a tool's main class to its end. */
  run(name: string, args: readonly string[]): Promise<ToolResult> {
    const log4j = this.file('log4j.properties', 'log4j.rootLogger=OFF\n')
    const { program, args: javaArgs } = kafkaClass(this.jars, { name, heap: '128m', log4j })
    return new Promise((resolve, reject) => {
      const child = spawn(program, [...javaArgs, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: TOOL_TIMEOUT_MS,
      })
      let output = ''
      const hear = (chunk: Buffer): void => void (output += chunk.toString())
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.once('error', reject)
      child.once('close', (code) => {
        const lines = output.split('\n').map((line) => line.trimEnd())
        resolve({ lines: lines.filter((line) => line !== ''), exitCode: code ?? -1 })
      })
    })
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}
