import type { Brand } from '../std/brand.ts'

/** The number of a broker, unique in its cluster. -1 where a message means "none". */
export type BrokerId = Brand<number, 'BrokerId'>
/** A partition's number within its topic, from 0. */
export type PartitionIndex = Brand<number, 'PartitionIndex'>
/** A record's position in its partition. Below 2^53, so a number holds it exactly. */
export type Offset = Brand<number, 'Offset'>
/** Counts the leaders of a partition; every election raises it. -1 where it is not known. */
export type LeaderEpoch = Brand<number, 'LeaderEpoch'>
/** Counts the controllers of a cluster: the value of `/controller_epoch`. */
export type ControllerEpoch = Brand<number, 'ControllerEpoch'>
/** Tells two lives of one broker id apart: the czxid of `/brokers/ids/N`. Grows with every registration. */
export type BrokerEpoch = Brand<number, 'BrokerEpoch'>
/** The dataVersion of a partition's state znode, which Kafka's messages call partitionEpoch or zkVersion. */
export type PartitionEpoch = Brand<number, 'PartitionEpoch'>
/** Names a producer for idempotence. -1 for a batch without one. */
export type ProducerId = Brand<number, 'ProducerId'>

export const NO_BROKER = -1 as BrokerId
export const NO_LEADER_EPOCH = -1 as LeaderEpoch
export const NO_PRODUCER_ID = -1 as ProducerId
