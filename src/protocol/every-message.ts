import { apis } from './apis.ts'
import { RequestHeader, ResponseHeader } from './header.ts'
import { ConsumerProtocolAssignment } from './messages/stored/consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from './messages/stored/consumer-protocol-subscription.ts'
import { DefaultPrincipalData } from './messages/stored/default-principal-data.ts'
import { GroupMetadataKey, GroupMetadataValue } from './messages/stored/group-metadata.ts'
import { OffsetCommitKey, OffsetCommitValue } from './messages/stored/offset-commit.ts'
import { TransactionLogKey, TransactionLogValue } from './messages/stored/transaction-log.ts'
import type { Message } from './schema.ts'

/** Messages that are written down or carried inside others, not sent on their own. */
export const storedMessages: readonly Message[] = Object.freeze([
  OffsetCommitKey,
  OffsetCommitValue,
  GroupMetadataKey,
  GroupMetadataValue,
  TransactionLogKey,
  TransactionLogValue,
  ConsumerProtocolSubscription,
  ConsumerProtocolAssignment,
  DefaultPrincipalData,
])

/** Every message there is: headers, requests, responses, stored ones. For tools and tests that go through them all. */
export const everyMessage: readonly Message[] = Object.freeze([
  RequestHeader,
  ResponseHeader,
  ...Object.values(apis).flatMap((api): Message[] => [api.request, api.response]),
  ...storedMessages,
])
