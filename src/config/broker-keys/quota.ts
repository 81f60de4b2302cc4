import { key } from '../define.ts'
import { className, int, long } from '../types.ts'

/** Windows of quotas, and throttles of replication. */
export const quotaKeys = {
  'quota.window.num': key({
    type: int({ min: 1 }),
    default: 11,
    update: 'read-only',
    importance: 'low',
    doc: "How many samples a client quota's rate is averaged over.",
  }),
  'quota.window.size.seconds': key({
    type: int({ min: 1 }),
    default: 1,
    update: 'read-only',
    importance: 'low',
    doc: 'Length of one such sample, in seconds.',
  }),
  'replication.quota.window.num': key({
    type: int({ min: 1 }),
    default: 11,
    update: 'read-only',
    importance: 'low',
    doc: 'How many samples the rate of throttled replication is averaged over.',
  }),
  'replication.quota.window.size.seconds': key({
    type: int({ min: 1 }),
    default: 1,
    update: 'read-only',
    importance: 'low',
    doc: 'Length of one such sample, in seconds.',
  }),
  'alter.log.dirs.replication.quota.window.num': key({
    type: int({ min: 1 }),
    default: 11,
    update: 'read-only',
    importance: 'low',
    doc: 'How many samples the rate of moves between log directories is averaged over.',
  }),
  'alter.log.dirs.replication.quota.window.size.seconds': key({
    type: int({ min: 1 }),
    default: 1,
    update: 'read-only',
    importance: 'low',
    doc: 'Length of one such sample, in seconds.',
  }),
  'controller.quota.window.num': key({
    type: int({ min: 1 }),
    default: 11,
    update: 'read-only',
    importance: 'low',
    doc: 'How many samples the rate of changes to topics is averaged over.',
  }),
  'controller.quota.window.size.seconds': key({
    type: int({ min: 1 }),
    default: 1,
    update: 'read-only',
    importance: 'low',
    doc: 'Length of one such sample, in seconds.',
  }),
  'client.quota.callback.class': key({
    type: className(),
    default: null,
    update: 'read-only',
    importance: 'low',
    doc:
      'A Java class that decides client quotas. No such class can be loaded here, so any name is ' +
      'refused.',
  }),
  'leader.replication.throttled.rate': key({
    type: long({ min: 0 }),
    default: Infinity,
    update: 'dynamic-only',
    importance: 'medium',
    doc:
      'The most bytes per second that this broker sends to throttled followers. Set it as dynamic ' +
      'configuration only.',
    listed: false,
  }),
  'follower.replication.throttled.rate': key({
    type: long({ min: 0 }),
    default: Infinity,
    update: 'dynamic-only',
    importance: 'medium',
    doc:
      'The most bytes per second that this broker fetches for its throttled replicas. Set it as ' +
      'dynamic configuration only.',
    listed: false,
  }),
  'replica.alter.log.dirs.io.max.bytes.per.second': key({
    type: long({ min: 0 }),
    default: Infinity,
    update: 'dynamic-only',
    importance: 'medium',
    doc:
      'The most bytes per second that move between log directories. Set it as dynamic configuration ' +
      'only.',
    listed: false,
  }),
}
