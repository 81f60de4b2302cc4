import {
  array,
  bool,
  int16,
  int8,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Tells the configuration of topics, brokers and loggers, and where each value comes from. */
export const DescribeConfigsRequest = message('DescribeConfigsRequest', '0-4', '4+', {
  resources: array('0+', 'Resources to describe.', {
    resourceType: int8('0+', 'Kind of resource: 2 topic, 4 broker, 8 logger.'),
    resourceName: string('0+', 'Topic name or broker id; empty for the default of all brokers.'),
    configurationKeys: array('0+', 'Keys to tell; null or empty for all.', of(string), { nullable: '0+' }),
  }),
  includeSynonyms: bool('1+', 'Also tell which other keys and layers could supply each value.', {
    default: false,
  }),
  includeDocumentation: bool('3+', 'Also tell what each key means.', { default: false }),
})
export interface DescribeConfigsRequest extends TypeOf<typeof DescribeConfigsRequest> {}

export const DescribeConfigsResponse = message('DescribeConfigsResponse', '0-4', '4+', {
  throttleTimeMs: throttleTime('0+'),
  results: array('0+', 'One entry per resource.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    resourceType: int8('0+', 'Kind of resource, as in the request.'),
    resourceName: string('0+', 'Name of the resource, as in the request.'),
    configs: array('0+', 'Configuration.', {
      name: string('0+', 'Configuration key.'),
      value: string('0+', 'Value, or null when it is a secret or not set.', { nullable: '0+' }),
      readOnly: bool('0+', 'Whether it cannot be changed while the broker runs.'),
      isDefault: bool('0', 'Whether nobody has set it.', { default: false }),
      configSource: int8(
        '1+',
        'Where the value comes from: 1 topic, 2 broker, 3 all brokers, 4 properties file, 5 default, 6 logger.',
        { default: -1, ignorable: true },
      ),
      isSensitive: bool('0+', 'Whether the value is a secret.'),
      synonyms: array(
        '1+',
        'Where else the value could come from, the one in force first.',
        {
          name: string('1+', 'Configuration key there.'),
          value: string('1+', 'Value there, or null when it is a secret.', { nullable: '0+' }),
          source: int8('1+', 'Where that is, as in `configSource`.'),
        },
        { default: [], ignorable: true },
      ),
      configType: int8(
        '3+',
        'Type of the value: 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password; 0 unknown.',
        { default: 0, ignorable: true },
      ),
      documentation: string('3+', 'What the key means; null when not asked for.', {
        nullable: '0+',
        default: null,
        ignorable: true,
      }),
    }),
  }),
})
export type DescribeConfigsResponse = InputOf<typeof DescribeConfigsResponse>
