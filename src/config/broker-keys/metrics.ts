import { key } from '../define.ts'
import { boolean, int, list, long, string } from '../types.ts'
import { NO_EFFECT } from './no-effect.ts'

/** Kafka's own ways to report metrics. */
export const metricsKeys = {
  'metric.reporters': key({
    type: list(),
    default: [],
    update: 'cluster-wide',
    importance: 'low',
    doc: 'Java classes that report metrics.',
    noEffect: NO_EFFECT.jmx,
  }),
  'auto.include.jmx.reporter': key({
    type: boolean(),
    default: true,
    update: 'read-only',
    importance: 'low',
    doc: 'Whether metrics are reported over JMX without being asked to.',
    noEffect: NO_EFFECT.jmx,
  }),
  'metrics.num.samples': key({
    type: int({ min: 1 }),
    default: 2,
    update: 'read-only',
    importance: 'low',
    doc: 'How many samples a rate is averaged over.',
    noEffect: NO_EFFECT.windows,
  }),
  'metrics.sample.window.ms': key({
    type: long({ min: 1 }),
    default: 30_000,
    update: 'read-only',
    importance: 'low',
    doc: 'Length of one such sample, in milliseconds.',
    noEffect: NO_EFFECT.windows,
  }),
  'metrics.recording.level': key({
    type: string(),
    default: 'INFO',
    update: 'read-only',
    importance: 'low',
    doc: 'Which metrics are recorded: INFO, DEBUG or TRACE.',
    noEffect: NO_EFFECT.windows,
  }),
  'kafka.metrics.reporters': key({
    type: list(),
    default: [],
    update: 'read-only',
    importance: 'low',
    doc: 'Java classes that report the older kind of metrics.',
    noEffect: NO_EFFECT.jmx,
  }),
  'kafka.metrics.polling.interval.secs': key({
    type: int({ min: 1 }),
    default: 10,
    update: 'read-only',
    importance: 'low',
    doc: 'How often these classes look at the metrics, in seconds.',
    noEffect: NO_EFFECT.jmx,
  }),
  'telemetry.max.bytes': key({
    type: int({ min: 1 }),
    default: 1_048_576,
    update: 'read-only',
    importance: 'low',
    doc: 'The most bytes of metrics that a client may push at a time.',
    noEffect: NO_EFFECT.kraft,
  }),
}
