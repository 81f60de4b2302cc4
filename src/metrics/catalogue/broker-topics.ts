import { area, counter } from '../define.ts'

/**
 * What clients and replicas move. Series with a `topic` live as long as the topic is hosted here; the one without is
 * the broker's total since its start. Source: kafka.server.BrokerTopicMetrics.
 */
export const brokerTopics = area('Topics', {
  kafka_server_brokertopicmetrics_messagesin_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'records',
    doc: 'Records appended by producers.',
  }),
  kafka_server_brokertopicmetrics_bytesin_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'bytes',
    doc: 'Bytes appended by producers, as they lie in the log.',
  }),
  kafka_server_brokertopicmetrics_bytesout_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'bytes',
    doc: 'Bytes of records sent to consumers; what followers fetch is not in it.',
  }),
  kafka_server_brokertopicmetrics_bytesrejected_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'bytes',
    doc: 'Bytes of produced batches refused because they exceed the size limit of the topic.',
  }),
  kafka_server_brokertopicmetrics_totalproducerequests_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'requests',
    doc: 'Produce requests, once for each partition that they name.',
  }),
  kafka_server_brokertopicmetrics_totalfetchrequests_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'requests',
    doc: 'Fetch requests, once for each partition that they name.',
  }),
  kafka_server_brokertopicmetrics_failedproducerequests_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'requests',
    doc: 'Appends that failed for a reason other than the client, once per partition.',
  }),
  kafka_server_brokertopicmetrics_failedfetchrequests_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'requests',
    doc: 'Reads that failed for a reason other than the client, once per partition.',
  }),
  kafka_server_brokertopicmetrics_producemessageconversions_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'records',
    doc: 'Produced records that were rewritten from an old message format.',
  }),
  kafka_server_brokertopicmetrics_fetchmessageconversions_total: counter({
    labels: ['topic'],
    withTotal: true,
    unit: 'records',
    doc: 'Fetched records that were rewritten to an old message format for an old client.',
  }),
  kafka_server_brokertopicmetrics_replicationbytesin_total: counter({
    unit: 'bytes',
    doc: 'Bytes that this broker fetched as a follower.',
  }),
  kafka_server_brokertopicmetrics_replicationbytesout_total: counter({
    unit: 'bytes',
    doc: 'Bytes that this broker served to followers.',
  }),
  kafka_server_brokertopicmetrics_reassignmentbytesin_total: counter({
    unit: 'bytes',
    doc: 'Part of the replicated bytes in: for replicas that a reassignment is adding here.',
  }),
  kafka_server_brokertopicmetrics_reassignmentbytesout_total: counter({
    unit: 'bytes',
    doc: 'Part of the replicated bytes out: for replicas that a reassignment is adding elsewhere.',
  }),
  kafka_server_brokertopicmetrics_invalidmagicnumberrecords_total: counter({
    unit: 'batches',
    doc: 'Batches refused because of their message format version.',
  }),
  kafka_server_brokertopicmetrics_invalidmessagecrcrecords_total: counter({
    unit: 'batches',
    doc: 'Batches refused because their checksum does not fit their bytes.',
  }),
  kafka_server_brokertopicmetrics_invalidoffsetorsequencerecords_total: counter({
    unit: 'batches',
    doc: 'Batches refused because their offsets or sequence numbers do not follow one another.',
  }),
  kafka_server_brokertopicmetrics_nokeycompactedtopicrecords_total: counter({
    unit: 'batches',
    doc: 'Batches refused because a record for a compacted topic has no key.',
  }),
})
