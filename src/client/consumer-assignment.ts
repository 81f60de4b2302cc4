import { ConsumerProtocolAssignment } from '../protocol/messages/stored/consumer-protocol-assignment.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { decodeVersionedLeniently } from '../protocol/versioned.ts'

/** The partitions in what a group's leader assigned to a consumer; null when the bytes are something else. */
export function readConsumerAssignment(bytes: Buffer): { topic: string; partition: number }[] | null {
  if (bytes.length === 0) return []
  try {
    const { assignedPartitions } = decodeVersionedLeniently(ConsumerProtocolAssignment, bytes)
    return assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
