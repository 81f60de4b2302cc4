/** What Java's String.trim removes: everything up to the space, and nothing else. */
export function javaTrim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 0x20) start++
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--
  return text.slice(start, end)
}

/** The number that Java's Double.parseDouble reads, without its hexadecimal form; null when it would not. */
export function parseJavaDouble(text: string): number | null {
  const match = /^([+-]?)(?:(Infinity)|(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)[dDfF]?)$/.exec(
    text,
  )
  if (!match) return null
  const magnitude = match[2] ? Infinity : Number(match[3])
  return match[1] === '-' ? -magnitude : magnitude
}

/**
 * A number as Java prints a double: always with a point, and as `1.0E7` from ten million up and below a thousandth.
 * Source: java.lang.Double.toString.
 */
export function printJavaDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    const text = String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

/** The number that Java's Integer.parseInt reads; null when it would not. */
export function parseJavaInt(text: string): number | null {
  if (!/^[+-]?\d{1,20}$/.test(text)) return null
  const value = Number(text)
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : null
}
