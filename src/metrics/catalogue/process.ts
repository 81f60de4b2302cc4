import { area, counter, gauge, summary } from '../define.ts'

/** The process and its runtime, under the names that Prometheus clients for Node.js share. */
export const processArea = area('Process', {
  process_cpu_user_seconds_total: counter({ unit: 's', doc: 'CPU time in the program.' }),
  process_cpu_system_seconds_total: counter({
    unit: 's',
    doc: 'CPU time in the operating system on behalf of the program.',
  }),
  process_cpu_seconds_total: counter({ unit: 's', doc: 'CPU time of both kinds.' }),
  process_start_time_seconds: gauge({
    unit: 's',
    doc: 'When the process was started, in seconds since 1970.',
  }),
  process_resident_memory_bytes: gauge({ unit: 'bytes', doc: 'Memory of the process that is in RAM.' }),
  process_virtual_memory_bytes: gauge({
    unit: 'bytes',
    doc: 'Address space of the process. Linux only.',
  }),
  process_open_fds: gauge({ unit: 'files', doc: 'Open file descriptors. Linux only.' }),
  process_max_fds: gauge({
    unit: 'files',
    doc: 'The most file descriptors that the process may open. Linux only.',
  }),
  nodejs_version_info: gauge({
    labels: ['version', 'major', 'minor', 'patch'],
    unit: '1',
    doc: 'Always 1; the labels tell the version of Node.js.',
  }),
  nodejs_heap_size_total_bytes: gauge({ unit: 'bytes', doc: 'Size of the JavaScript heap.' }),
  nodejs_heap_size_used_bytes: gauge({ unit: 'bytes', doc: 'The used part of the JavaScript heap.' }),
  nodejs_external_memory_bytes: gauge({
    unit: 'bytes',
    doc: 'Memory outside the heap that belongs to objects in it, such as buffers.',
  }),
  nodejs_heap_space_size_total_bytes: gauge({
    labels: ['space'],
    unit: 'bytes',
    doc: 'Size of a space of the heap.',
  }),
  nodejs_heap_space_size_used_bytes: gauge({
    labels: ['space'],
    unit: 'bytes',
    doc: 'The used part of a space of the heap.',
  }),
  nodejs_active_resources: gauge({
    labels: ['type'],
    unit: 'resources',
    doc: 'Resources that keep the event loop alive, by type.',
    maxSeries: 100,
  }),
  nodejs_gc_duration_seconds: summary({
    labels: ['kind'],
    unit: 's',
    doc: 'Garbage collections: minor, major, incremental, weakcb.',
  }),
  nodejs_eventloop_utilization: gauge({
    unit: 'fraction',
    doc: 'Part of the last minute, 0 to 1, in which the event loop was at work.',
  }),
})
