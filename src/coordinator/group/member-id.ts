import type { Random } from '../../platform/random.ts'

/**
 * An id for a new member: what it is called by, and a random (version 4) UUID.
 * Source: GroupMetadata.generateMemberId.
 */
export function newMemberId(random: Random, clientId: string, groupInstanceId: string | null): string {
  const bytes = Buffer.from(random.bytes(16))
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x40
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  )
  return `${groupInstanceId ?? clientId}-${uuid}`
}
