import { expect } from 'chai'

import { isValidPath, nameOf, parentOf } from '../../../../zk/embedded/paths.ts'

describe('znode paths', () => {
  const valid = [
    '/',
    '/a',
    '/a/b',
    '/.a',
    '/...',
    '/a.',
    '/a/..b',
    '/a b',
    '/Zürau',
    '/\u00a0',
    '/\uf900',
    '/\uffef',
  ]
  for (const path of valid)
    it(`may be ${JSON.stringify(path)}`, () => expect(isValidPath(path)).to.equal(true))

  const invalid = [
    ...['', 'a', 'a/b', '//', '/a/', '/a//b', '//a', '/.', '/..', '/a/.', '/a/..', '/./a', '/../a', '/a/./b'],
    ...[
      '/\u0000',
      '/a\u001f',
      '/\u007f',
      '/\u009f',
      '/\ud800',
      '/\ue000',
      '/\uf8ff',
      '/\ufff0',
      '/a/\uffff',
      '/😀',
    ],
  ]
  for (const path of invalid)
    it(`may not be ${JSON.stringify(path)}`, () => expect(isValidPath(path)).to.equal(false))

  it('have a parent and a name', () => {
    expect(['/a/b', '/a', '/', '/a/'].map(parentOf)).to.deep.equal(['/a', '/', '/', '/a'])
    expect(['/a/b', '/a', '/', '/a/'].map(nameOf)).to.deep.equal(['b', 'a', '', ''])
  })
})
