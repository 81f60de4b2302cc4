import { expect } from 'chai'
import { ConnectStringError, parseConnectString } from '../../../zk/connect-string.ts'

const server = (host: string, port: number) => ({ host, port })

describe('zookeeper.connect', () => {
  for (const [text, servers, chroot] of [
    ['zk1', [server('zk1', 2181)], ''],
    ['zk1:2182', [server('zk1', 2182)], ''],
    ['zk1:2181,zk2:2182, zk3', [server('zk1', 2181), server('zk2', 2182), server('zk3', 2181)], ''],
    ['zk1:2181,,zk2:2181,', [server('zk1', 2181), server('zk2', 2181)], ''],
    ['zk1:2181/kafka', [server('zk1', 2181)], '/kafka'],
    ['zk1:2181,zk2:2181/a/b.c', [server('zk1', 2181), server('zk2', 2181)], '/a/b.c'],
    ['zk1:2181/', [server('zk1', 2181)], ''],
    ['[::1]:2181,[2001:db8::1]/k', [server('::1', 2181), server('2001:db8::1', 2181)], '/k'],
    ['[fe80::1%eth0]:2181', [server('fe80::1%eth0', 2181)], ''],
  ] as const) {
    it(`is understood: ${text}`, () => {
      expect(parseConnectString(text)).to.deep.equal({ servers, chroot })
    })
  }

  for (const [text, fault] of [
    ['', /names no server/],
    [',', /names no server/],
    ['/kafka', /names no server/],
    ['zk1:', /"zk1:" is not host:port/],
    ['zk1:0', /0 is not a port/],
    ['zk1:70000', /70000 is not a port/],
    ['zk1:21x', /"zk1:21x" is not host:port/],
    ['::1', /an IPv6 address needs brackets/],
    ['zk1/a//b', /\/a\/\/b is not a path/],
    ['zk1/a/', /\/a\/ is not a path/],
    ['zk1/a/../b', /is not a path/],
    ['zk1:2181/kafka,zk2:2181/kafka', /the chroot belongs after the last server/],
  ] as const) {
    it(`is refused: ${JSON.stringify(text)}`, () => {
      expect(() => parseConnectString(text)).to.throw(ConnectStringError, fault)
    })
  }
})
