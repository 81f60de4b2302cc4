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

/** Replaces all dynamic configuration of a resource. What is not named falls back to its default. */
export const AlterConfigsRequest = message('AlterConfigsRequest', '0-2', '2+', {
  resources: array('0+', 'Resources to configure.', {
    resourceType: int8('0+', 'Kind of resource: 2 topic, 4 broker.'),
    resourceName: string('0+', 'Topic name or broker id; empty for the default of all brokers.'),
    configs: array('0+', 'The whole new configuration.', {
      name: string('0+', 'Configuration key.'),
      value: string('0+', 'Value.', { nullable: '0+' }),
    }),
  }),
  validateOnly: bool('0+', 'Check the request and change nothing.'),
})
export interface AlterConfigsRequest extends TypeOf<typeof AlterConfigsRequest> {}

export const AlterConfigsResponse = message('AlterConfigsResponse', '0-2', '2+', {
  throttleTimeMs: throttleTime('0+'),
  responses: array('0+', 'One entry per resource.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    resourceType: int8('0+', 'Kind of resource, as in the request.'),
    resourceName: string('0+', 'Name of the resource, as in the request.'),
  }),
})
export type AlterConfigsResponse = InputOf<typeof AlterConfigsResponse>
