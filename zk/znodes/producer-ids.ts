import type { BrokerId, ProducerId } from '../../src/model/ids.ts'
import { znode } from '../znode.ts'
import { json, optional } from './codecs.ts'

/** A range of producer ids, given to one broker. Both ends belong to it. */
export interface ProducerIdBlock {
  readonly broker: BrokerId
  readonly firstId: ProducerId
  readonly lastId: ProducerId
}

/** Source: kafka.zk.ProducerIdBlockZNode. The ends are texts. */
export const latestProducerIdBlock = znode({
  path: '/latest_producer_id_block',
  lifetime: 'persistent',
  acl: 'default',
  codec: optional(
    json<ProducerIdBlock>({
      format: 'JSON v1',
      write: ({ broker, firstId, lastId }) => ({
        version: 1,
        broker,
        block_start: String(firstId),
        block_end: String(lastId),
      }),
      read: (fields) => ({
        broker: fields.integer('broker') as BrokerId,
        firstId: fields.integerText('block_start') as ProducerId,
        lastId: fields.integerText('block_end') as ProducerId,
      }),
    }),
  ),
  meaning: 'The block of producer ids given out last.',
})
