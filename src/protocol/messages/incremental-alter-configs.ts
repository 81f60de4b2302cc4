import {
  array,
  bool,
  int16,
  int8,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Changes single configuration values of resources and leaves the rest alone (KIP-339). */
export const IncrementalAlterConfigsRequest = message('IncrementalAlterConfigsRequest', '0-1', '1+', {
  resources: array('0+', 'Resources to configure.', {
    resourceType: int8('0+', 'Kind of resource: 2 topic, 4 broker, 8 logger.'),
    resourceName: string('0+', 'Topic name or broker id; empty for the default of all brokers.'),
    configs: array('0+', 'Changes.', {
      name: string('0+', 'Configuration key.'),
      configOperation: int8('0+', '0 set, 1 delete, 2 append to a list, 3 take out of a list.'),
      value: string('0+', 'Value; null to delete.', { nullable: '0+' }),
    }),
  }),
  validateOnly: bool('0+', 'Check the request and change nothing.'),
})
export interface IncrementalAlterConfigsRequest extends TypeOf<typeof IncrementalAlterConfigsRequest> {}

export const IncrementalAlterConfigsResponse = message('IncrementalAlterConfigsResponse', '0-1', '1+', {
  throttleTimeMs: throttleTime('0+'),
  responses: array('0+', 'One entry per resource.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    resourceType: int8('0+', 'Kind of resource, as in the request.'),
    resourceName: string('0+', 'Name of the resource, as in the request.'),
  }),
})
export type IncrementalAlterConfigsResponse = InputOf<typeof IncrementalAlterConfigsResponse>
