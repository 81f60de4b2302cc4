import { RequestHeader, ResponseHeader } from '../../../src/protocol/header.ts'
import { golden } from './golden.ts'

export const headerGoldens = [
  golden(
    'the header that only ControlledShutdown v0 has',
    RequestHeader,
    0,
    { requestApiKey: 7, requestApiVersion: 0, correlationId: 5, clientId: '' },
    `
    0007      # API key: ControlledShutdown
    0000      # version
    00000005  # correlation id`,
  ),
  golden(
    'a header with a client id',
    RequestHeader,
    1,
    { requestApiKey: 3, requestApiVersion: 1, correlationId: 1, clientId: 'probe' },
    `
    0003             # API key: Metadata
    0001             # version
    00000001         # correlation id
    0005 70726f6265  # client id`,
  ),
  golden(
    'a header without a client id',
    RequestHeader,
    1,
    { requestApiKey: 18, requestApiVersion: 0, correlationId: 7, clientId: null },
    `
    0012      # API key: ApiVersions
    0000      # version
    00000007  # correlation id
    ffff      # client id: null`,
  ),
  golden(
    'a flexible header, whose client id is not compact',
    RequestHeader,
    2,
    { requestApiKey: 3, requestApiVersion: 12, correlationId: 2, clientId: 'admin-1' },
    `
    0003                 # API key: Metadata
    000c                 # version
    00000002             # correlation id
    0007 61646d696e2d31  # client id
    00                   # no tagged fields`,
  ),
  golden('a response header', ResponseHeader, 0, { correlationId: -5 }, 'fffffffb  # correlation id'),
  golden(
    'a flexible response header',
    ResponseHeader,
    1,
    { correlationId: 1 },
    `
    00000001  # correlation id
    00        # no tagged fields`,
  ),
]
