import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((name) => name !== '' && existsSync(join(root, name)))

describe('the house', () => {
  it('has every room of src and zk on its plan', () => {
    const rooms = ['src', 'zk'].flatMap((wing) =>
      readdirSync(join(root, wing))
        .filter((name) => statSync(join(root, wing, name)).isDirectory())
        .map((name) => `${wing}/${name}`),
    )
    expect(rooms.filter((room) => !page.includes(`\`${room}\``))).to.deep.equal([])
  })

  it('draws no room that is not there', () => {
    const drawn = [...page.matchAll(/`((?:src|zk)\/[a-z-]+)`/g)].map(([, room]) => room ?? '')
    expect(drawn.length).to.be.greaterThan(20)
    expect(drawn.filter((room) => !existsSync(join(root, room)))).to.deep.equal([])
  })

  it('keeps its plan to 200 lines', () => {
    expect(page.split('\n').length).to.be.at.most(200)
  })

  it('has links in its pages that lead somewhere', () => {
    const broken = tracked
      .filter((name) => name.endsWith('.md'))
      .flatMap((name) =>
        [...readFileSync(join(root, name), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
          .map(([, target]) => target ?? '')
          .filter((target) => !existsSync(join(root, name, '..', target)))
          .map((target) => `${name} → ${target}`),
      )
    expect(broken).to.deep.equal([])
  })

  it('names no file of any one machine', () => {
    const private_ = /(?:^|[^\w/.$:])\/(?:work|root|home\/[a-z]+)\/[\w.-]+/
    const culprits = tracked
      .filter((name) => !/\.(?:png|bin|wasm|log|index|timeindex|snapshot)$/.test(name))
      .filter((name) => private_.test(readFileSync(join(root, name), 'utf8')))
    expect(culprits).to.deep.equal([])
  })

  it('locks versions by name and checksum, not by where they were fetched', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.to.match(
      /"resolved"|https?:\/\/[^"]*registry/,
    )
  })
})
