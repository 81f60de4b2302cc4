/** An address as Java prints an InetAddress without a name: `/10.0.0.1`. IPv6 in full, without `::`. */
export function javaAddress(address: string): string {
  return `/${address.includes(':') ? expanded(address) : address}`
}

/** Eight groups of hexadecimal digits without leading zeros; a zone stays behind them. */
function expanded(address: string): string {
  const [plain = '', zone] = address.split('%')
  const [head = '', tail] = plain.split('::')
  const first = groupsOf(head)
  const last = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  const text = [...first, ...(tail === undefined ? [] : zeros), ...last].join(':')
  return zone === undefined ? text : `${text}%${zone}`
}

function groupsOf(text: string): string[] {
  if (text === '') return []
  return text
    .split(':')
    .map((group) => (/^[0-9a-f]+$/i.test(group) ? parseInt(group, 16).toString(16) : group))
}
