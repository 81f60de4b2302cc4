import { expect } from 'chai'
import type { ApiName } from '../../../src/protocol/apis.ts'
import { requestHeaderVersion, responseHeaderVersion } from '../../../src/protocol/header.ts'

describe('header versions', () => {
  const cases: readonly [ApiName, version: number, request: number, response: number][] = [
    ['ControlledShutdown', 0, 0, 0],
    ['ControlledShutdown', 1, 1, 0],
    ['ControlledShutdown', 3, 2, 1],
    ['Produce', 8, 1, 0],
    ['Produce', 9, 2, 1],
    ['SaslHandshake', 1, 1, 0],
    ['AlterPartition', 0, 2, 1],
    ['ApiVersions', 2, 1, 0],
    ['ApiVersions', 3, 2, 0],
    ['ApiVersions', 99, 2, 0],
  ]
  for (const [name, version, request, response] of cases) {
    it(`${name} v${version} is asked with ${request} and answered with ${response}`, () => {
      expect(requestHeaderVersion(name, version)).to.equal(request)
      expect(responseHeaderVersion(name, version)).to.equal(response)
    })
  }
})
