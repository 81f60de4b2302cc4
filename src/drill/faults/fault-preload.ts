/** What a node may be made to suffer from within. */
export interface InnerFaults {
  /** Every write fails with ENOSPC. */
  readonly isDiskFull: boolean
  readonly writeDelayMs: number
  /** Making data durable takes so much longer. */
  readonly syncDelayMs: number
  /** Added to the wall clock. */
  readonly clockOffsetMs: number
}

export const NO_INNER_FAULTS: InnerFaults = {
  isDiskFull: false,
  writeDelayMs: 0,
  syncDelayMs: 0,
  clockOffsetMs: 0,
}

/** The variables by which a process under a drill finds its faults and whom it belongs to. */
export const FAULT_FILE_VARIABLE = 'ZURAU_DRILL_FAULTS'

/**
 * A module that Node loads before a broker (`--import`): it reads the node's faults from a file, several times a
 * second, and bends the file system and the clock accordingly. So a full disk, a slow disk and a clock that jumps need
 * neither root nor a broker that knows of drills. It also ends the process when the drill is gone without a word.
 */
export const FAULT_PRELOAD = `
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const path = process.env.${FAULT_FILE_VARIABLE}
const parent = process.ppid
const { readFileSync, write, writev, writeSync, writevSync, fsync, fdatasync, fsyncSync, fdatasyncSync } = fs
const now = Date.now
let faults = {}
const look = () => {
  if (process.ppid !== parent) process.exit(137)
  try { faults = JSON.parse(readFileSync(path, 'utf8')) } catch {}
}
if (path !== undefined) {
  look()
  setInterval(look, 50).unref()
  const cell = new Int32Array(new SharedArrayBuffer(4))
  const wait = (ms) => { if (ms > 0) Atomics.wait(cell, 0, 0, ms) }
  const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28, syscall: 'write' })
  const isLog = (fd) => fd > 2
  const sync = (real) => (fd, ...rest) => {
    if (isLog(fd)) { if (faults.isDiskFull) throw full(); wait(faults.writeDelayMs ?? 0) }
    return real(fd, ...rest)
  }
  const later = (real) => (fd, ...rest) => {
    const done = rest[rest.length - 1]
    if (isLog(fd) && faults.isDiskFull && typeof done === 'function') return void setImmediate(done, full())
    const ms = isLog(fd) ? (faults.writeDelayMs ?? 0) : 0
    if (ms > 0) return void setTimeout(() => real(fd, ...rest), ms)
    return real(fd, ...rest)
  }
  const durable = (real) => (fd, ...rest) => {
    const ms = faults.syncDelayMs ?? 0
    if (ms > 0) return void setTimeout(() => real(fd, ...rest), ms)
    return real(fd, ...rest)
  }
  const durableSync = (real) => (fd) => { wait(faults.syncDelayMs ?? 0); return real(fd) }
  fs.writeSync = sync(writeSync)
  fs.writevSync = sync(writevSync)
  fs.write = later(write)
  fs.writev = later(writev)
  fs.fsync = durable(fsync)
  fs.fdatasync = durable(fdatasync)
  fs.fsyncSync = durableSync(fsyncSync)
  fs.fdatasyncSync = durableSync(fdatasyncSync)
  Date.now = () => now() + (faults.clockOffsetMs ?? 0)
  syncBuiltinESMExports()
}
`
