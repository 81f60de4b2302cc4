import { readFileSync, readdirSync, statSync } from 'node:fs'
import { constants, performance, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics } from 'node:v8'
import type { CollectionKind, HeapSpaceStats, MemoryStats, ProcessStats } from '../process-stats.ts'

/** This process. What Linux alone tells comes from /proc. */
export class NodeProcessStats implements ProcessStats {
  readonly startedAtMs = performance.timeOrigin
  readonly runtimeVersion = process.versions.node

  cpu(): { userSeconds: number; systemSeconds: number } {
    const { user, system } = process.cpuUsage()
    return { userSeconds: user / 1e6, systemSeconds: system / 1e6 }
  }

  memory(): MemoryStats {
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage()
    const virtualKilobytes = /^VmSize:\s+([0-9]+) kB$/m.exec(textOf('/proc/self/status'))?.[1]
    return {
      residentBytes: rss,
      virtualBytes: virtualKilobytes === undefined ? null : Number(virtualKilobytes) * 1024,
      heapTotalBytes: heapTotal,
      heapUsedBytes: heapUsed,
      externalBytes: external,
    }
  }

  heapSpaces(): HeapSpaceStats[] {
    return getHeapSpaceStatistics().map((space) => ({
      name: space.space_name.replace(/_space$/, ''),
      sizeBytes: space.space_size,
      usedBytes: space.space_used_size,
    }))
  }

  openFiles(): number | null {
    try {
      // From Linux 6.2 on the directory's size is the number of its entries; before, it is 0 and we count.
      return statSync('/proc/self/fd').size || readdirSync('/proc/self/fd').length
    } catch {
      return null
    }
  }

  maxOpenFiles(): number | null {
    const limit = /^Max open files\s+([0-9]+)/m.exec(textOf('/proc/self/limits'))?.[1]
    return limit === undefined ? null : Number(limit)
  }

  eventLoop(): { idleMs: number; activeMs: number } {
    const { idle, active } = performance.eventLoopUtilization()
    return { idleMs: idle, activeMs: active }
  }

  activeResources(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1)
    return counts
  }

  onCollection(listener: (kind: CollectionKind, seconds: number) => void): () => void {
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        listener(COLLECTION_KINDS.get(kindOf(entry)) ?? 'incremental', entry.duration / 1_000)
      }
    })
    observer.observe({ entryTypes: ['gc'] })
    return () => observer.disconnect()
  }
}

const COLLECTION_KINDS = new Map<number, CollectionKind>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
])

/** What kind of collection an entry tells of; the types of Node know that only for other entries. */
function kindOf(entry: PerformanceEntry & { readonly detail?: unknown }): number {
  const { detail } = entry
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? Number(detail.kind) : -1
}

/** The text of a file of /proc; empty where there is none. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
