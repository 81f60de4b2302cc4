import { expect } from 'chai'

import type { Identity } from '../../../../zk/embedded/access.ts'
import { digestIdentities, isAllowed, maskAcl, resolveAcl } from '../../../../zk/embedded/access.ts'
import type { Acl } from '../../../../zk/zookeeper.ts'
import { OPEN_ACL, PERMISSION } from '../../../../zk/zookeeper.ts'

const entry = (permissions: number, scheme: string, id: string): Acl => ({ permissions, scheme, id })
const ip: Identity = { scheme: 'ip', id: '10.1.2.3' }
const alice: Identity = { scheme: 'digest', id: 'alice:hash' }
const { read, write, all } = PERMISSION

describe('access', () => {
  const cases: readonly [
    what: string,
    acl: readonly Acl[],
    permissions: number,
    who: readonly Identity[],
    expected: boolean,
  ][] = [
    ['an empty list refuses nobody', [], all, [ip], true],
    ['world means everybody', [entry(read, 'world', 'anyone')], read, [ip], true],
    ['but only for what it says', [entry(read, 'world', 'anyone')], write, [ip], false],
    ['one of several permissions is enough', [entry(read, 'world', 'anyone')], read | write, [ip], true],
    ['a digest lets in who has proved it', [entry(all, 'digest', 'alice:hash')], write, [ip, alice], true],
    ['and nobody else', [entry(all, 'digest', 'alice:hash')], write, [ip], false],
    ['a scheme matches itself alone', [entry(all, 'digest', '10.1.2.3')], read, [ip], false],
    ['an address is an address', [entry(all, 'ip', '10.1.2.3')], read, [ip], true],
    ['not its neighbour', [entry(all, 'ip', '10.1.2.4')], read, [ip], false],
    ['a network holds its addresses', [entry(all, 'ip', '10.1.0.0/16')], read, [ip], true],
    ['not those beside it', [entry(all, 'ip', '10.2.0.0/16')], read, [ip], false],
    ['a prefix may cut a byte', [entry(all, 'ip', '10.1.2.0/30')], read, [ip], true],
    ['exactly there', [entry(all, 'ip', '10.1.2.4/30')], read, [ip], false],
    ['the network of no bits holds all', [entry(all, 'ip', '192.168.0.0/0')], read, [ip], true],
    [
      'super is let in everywhere',
      [entry(all, 'digest', 'bob:hash')],
      all,
      [ip, { scheme: 'super', id: '' }],
      true,
    ],
    [
      'any entry may let in',
      [entry(read, 'digest', 'bob:x'), entry(read, 'digest', 'alice:hash')],
      read,
      [alice],
      true,
    ],
  ]
  for (const [what, acl, permissions, who, expected] of cases) {
    it(what, () => expect(isAllowed(acl, permissions, who)).to.equal(expected))
  }

  describe('lists to be stored', () => {
    it('lose their duplicates', () => {
      const acl = [
        entry(read, 'world', 'anyone'),
        entry(read, 'world', 'anyone'),
        entry(write, 'world', 'anyone'),
      ]
      expect(resolveAcl(acl, [ip])).to.deep.equal([acl[0], acl[2]])
    })

    it('that are open to everybody are one and the same', () => {
      expect(resolveAcl([entry(all, 'world', 'anyone')], [ip])).to.equal(OPEN_ACL)
    })

    it('say who was meant by auth: all that was proved, but the address', () => {
      const bob: Identity = { scheme: 'digest', id: 'bob:hash' }
      expect(resolveAcl([entry(all, 'auth', 'whatever')], [ip, alice, bob])).to.deep.equal([
        entry(all, 'digest', 'alice:hash'),
        entry(all, 'digest', 'bob:hash'),
      ])
    })

    const refused: readonly [what: string, acl: readonly Acl[] | null][] = [
      ['nothing', null],
      ['an empty list', []],
      ['auth of one who has proved nothing', [entry(all, 'auth', '')]],
      ['an unknown scheme', [entry(all, 'kerberos', 'a')]],
      ['no scheme', [entry(all, '', 'a')]],
      ['super', [entry(all, 'super', '')]],
      ['another world', [entry(all, 'world', 'somebody')]],
      ['one bad entry among good ones', [entry(all, 'world', 'anyone'), entry(all, 'world', 'x')]],
      ...['', 'a', 'a:', 'a:b:c'].map((id) => [`digest ${id}`, [entry(all, 'digest', id)]] as const),
      ...[
        '',
        '1.2.3',
        '1.2.3.256',
        '1.2.3.4/33',
        '1.2.3.4/',
        '1.2.3.4/-1',
        '1.2.3.4/x',
        '::1',
        ' 1.2.3.4',
        'host',
      ].map((id) => [`ip ${id}`, [entry(all, 'ip', id)]] as const),
    ].map(([what, acl]) => [what as string, acl as readonly Acl[] | null])
    for (const [what, acl] of refused)
      it(`are not ${what}`, () => expect(resolveAcl(acl, [ip])).to.equal(null))

    for (const id of ['a:b', ':b', 'a:b:']) {
      it(`may hold the digest ${id}`, () =>
        expect(resolveAcl([entry(all, 'digest', id)], [])).to.have.lengthOf(1))
    }

    for (const id of ['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '010.0.0.1']) {
      it(`may hold the address ${id}`, () =>
        expect(resolveAcl([entry(all, 'ip', id)], [])).to.have.lengthOf(1))
    }
  })

  it('shows digests without their hashes', () => {
    expect(maskAcl([entry(all, 'digest', 'u:hash'), entry(read, 'world', 'anyone')])).to.deep.equal([
      entry(all, 'digest', 'u:x'),
      entry(read, 'world', 'anyone'),
    ])
  })

  describe('a digest', () => {
    // echo -n u:p | openssl sha1 -binary | base64
    const digest = 'u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ='

    it('is the user with the SHA-1 of user and password', () => {
      expect(digestIdentities(Buffer.from('u:p'), null)).to.deep.equal([{ scheme: 'digest', id: digest }])
    })

    it('makes its owner super when it is the configured one', () => {
      expect(digestIdentities(Buffer.from('u:p'), digest)).to.deep.include({ scheme: 'super', id: '' })
      expect(digestIdentities(Buffer.from('u:q'), digest)).to.have.lengthOf(1)
    })
  })
})
