import { parseHostPort } from './addresses.ts'
import { CliError } from './cli-error.ts'

/** Values of options: each throws CliError (exit code 2) with what would have been right. */

export function wholeNumber(
  name: string,
  { min, max }: { min: number; max: number },
): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^-?[0-9]+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= min && value <= max)
      return value
    throw new CliError(`${name} ${text} is not a whole number from ${min} to ${max}`, { exitCode: 2 })
  }
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Milliseconds of `500ms`, `10s`, `5m`, `2h`, `7d`; a bare number is seconds. Null when it is none of these. */
export function parseDuration(text: string): number | null {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?$/.exec(text.trim())
  if (match === null) return null
  const ms = Math.round(Number(match[1]) * (UNITS[match[2] ?? 's'] as number))
  return Number.isSafeInteger(ms) ? ms : null
}

export function duration(name: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text)
    if (ms !== null) return ms
    throw new CliError(`${name} ${text} is not a duration`, {
      advice: 'write 500ms, 10s, 5m, 2h or 7d',
      exitCode: 2,
    })
  }
}

/** For options that may be given again. */
export function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value]
}

/** `key=value`, the value possibly empty or with more `=` in it. */
export function keyValue(text: string, option: string): { key: string; value: string } {
  const equals = text.indexOf('=')
  if (equals > 0) return { key: text.slice(0, equals).trim(), value: text.slice(equals + 1) }
  throw new CliError(`${option} ${text} is not of the form key=value`, { exitCode: 2 })
}

/** `a,b c` as a list, without empty parts. */
export function commaList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** `host:port,host:port`; a port may be left out. */
export function addressList(text: string, defaultPort: number): { host: string; port: number }[] {
  const addresses = commaList(text).map((part) => {
    const address = parseHostPort(part, defaultPort)
    if (address !== null) return address
    const hint = part.split(':').length > 2 ? '; an IPv6 address needs brackets' : ''
    throw new CliError(`"${part}" is not host:port${hint}`, { exitCode: 2 })
  })
  if (addresses.length > 0) return addresses
  throw new CliError('no broker is named', { advice: 'give -b host:port', exitCode: 2 })
}

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 }

/** `50MB`, `1.5GB`, `800kB` or plain bytes; thousands as in what is printed. */
export function byteCount(name: string): (text: string) => number {
  return (text) => {
    const match = /^([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)b?(?:\/s)?$/i.exec(text.trim())
    const bytes =
      match === null
        ? NaN
        : Math.round(Number(match[1]) * (BYTE_UNITS[(match[2] ?? '').toLowerCase()] as number))
    if (Number.isSafeInteger(bytes) && bytes > 0) return bytes
    throw new CliError(`${name} ${text} is not a number of bytes`, {
      advice: 'write 800kB, 50MB or 1.5GB',
      exitCode: 2,
    })
  }
}
