import type { BrokerId, ControllerEpoch } from '../../src/model/ids.ts'
import type { ZnodeCodec } from '../znode.ts'
import { znode } from '../znode.ts'
import { decimalNumber, json } from './codecs.ts'

/** Who claims to control the cluster. */
export interface ControllerClaim {
  readonly broker: BrokerId
  readonly timestampMs: number
  /** Above 0 when a KRaft controller has taken the cluster over; the znode is not ephemeral then. */
  readonly kraftControllerEpoch: number
}

/** Source: kafka.zk.ControllerZNode; written as version 2, of which readers need the broker id only. */
export const controller = znode({
  path: '/controller',
  lifetime: 'ephemeral',
  acl: 'default',
  codec: json<ControllerClaim>({
    format: 'JSON v2 (reads v1)',
    write: ({ broker, timestampMs, kraftControllerEpoch }) => ({
      version: 2,
      brokerid: broker,
      timestamp: String(timestampMs),
      kraftControllerEpoch,
    }),
    read: (fields) => ({
      broker: fields.integer('brokerid') as BrokerId,
      timestampMs: fields.has('timestamp') ? fields.integerText('timestamp') : -1,
      kraftControllerEpoch: fields.has('kraftControllerEpoch') ? fields.integer('kraftControllerEpoch') : -1,
    }),
  }),
  meaning: 'The active controller. Whoever creates it is elected.',
})

export const controllerEpoch = znode({
  path: '/controller_epoch',
  lifetime: 'persistent',
  acl: 'default',
  codec: decimalNumber as ZnodeCodec<ControllerEpoch>,
  meaning: 'Counts the controllers. Every write of a controller is guarded by its data version.',
})
