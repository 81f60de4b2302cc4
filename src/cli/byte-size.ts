const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `5 B`, `1.2 kB`, `34 MB`: a size for people. */
export function readableBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}
