/** The parts of `host:port`, `[::1]:9092` or `host`; null for anything else. */
export function parseHostPort(text: string, defaultPort: number): { host: string; port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[^\]]+)?)\]|([^:[\]\s/]+))(?::([0-9]{1,5}))?$/.exec(text)
  if (match === null) return null
  const port = match[3] === undefined ? defaultPort : Number(match[3])
  return port < 1 || port > 65_535 ? null : { host: match[1] ?? match[2] ?? '', port }
}
