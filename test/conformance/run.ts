import { startZooKeeper } from './cluster.ts'
import { NOT_RUN, printDifferences, runScript } from './run-script.ts'
import { conformanceScripts, peerFolder } from './transcript.ts'

/** `npm run conformance [-- NAME…]`: the scripts against our brokers, one line for each. Exit code 1: something differs. */
async function main(names: readonly string[]): Promise<number> {
  const peer = peerFolder()
  if (peer === null) return 0
  const scripts = conformanceScripts(peer).filter(({ name }) => names.length === 0 || names.includes(name))
  const zooKeeper = await startZooKeeper()
  let failed = 0
  try {
    console.log(`${'script'.padEnd(20)}compared    equal justified different`)
    for (const script of scripts) {
      const why = NOT_RUN[script.name]
      if (why !== undefined) {
        console.log(`${script.name.padEnd(20)}not run: ${why}`)
        continue
      }
      const options = { peer, connectString: zooKeeper.connectString, timeoutMs: 300_000 }
      try {
        const result = await runScript(script, options)
        const counts = [result.compared, result.equal, result.justified, result.different]
        console.log(script.name.padEnd(19) + counts.map((count) => `${count}`.padStart(9)).join(''))
        if (result.different > 0) console.log(printDifferences(result.differences))
        failed += result.different
      } catch (error) {
        console.log(`${script.name.padEnd(20)}failed: ${String(error)}`)
        failed++
      }
    }
  } finally {
    await zooKeeper.stop()
  }
  return failed > 0 ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
