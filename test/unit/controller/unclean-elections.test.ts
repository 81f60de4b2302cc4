import { expect } from 'chai'
import { type ControllerWorld, worldOf } from '../../support/controller-harness.ts'

const KEY = 'unclean.leader.election.enable'
const PATH = '/config/topics/t'

/** A partition whose only in-sync replica is about to die, with this config of its topic. */
const plant = (config: string | null) => async (world: ControllerWorld) => {
  await world.plantTopic('t', { 0: { replicas: [2, 1], leader: 2, isr: [2] } })
  if (config !== null) await world.until(world.tool.create(PATH, Buffer.from(config)))
}
const withConfig = (value: string) => plant(`{"version":1,"config":{"${KEY}":"${value}"}}`)

describe('unclean elections', () => {
  const cases: [name: string, plant: ReturnType<typeof plant>, broker: string, leader: number][] = [
    ['are not held by default', plant(null), 'false', -1],
    ['are held where the topic allows them', withConfig('true'), 'false', 1],
    [
      'are held where the broker allows them and the topic says nothing',
      plant('{"version":1,"config":{}}'),
      'true',
      1,
    ],
    ['are not held where the topic forbids what the broker allows', withConfig('FALSE'), 'true', -1],
    ["are not held where the topic's setting is no boolean", withConfig('maybe'), 'true', -1],
    ["are not held where the topic's settings cannot be read", plant('no json'), 'true', -1],
  ]
  for (const [name, prepare, broker, leader] of cases) {
    it(name, async () => {
      const world = await worldOf(2, prepare, { properties: { [KEY]: broker } })
      await world.kill(2)
      expect(world.state('t', 0).leader).to.equal(leader)
      expect(world.state('t', 0).leaderRecoveryState).to.equal(leader === 1 ? 'RECOVERING' : 'RECOVERED')
    })
  }

  it('are held when the setting of the topic changes', async () => {
    const world = await worldOf(2, plant('{"version":1,"config":{}}'))
    await world.kill(2)
    expect(world.state('t', 0).leader).to.equal(-1)
    await world.until(world.tool.set(PATH, Buffer.from(`{"version":1,"config":{"${KEY}":"true"}}`), -1))
    world.active.onUncleanElectionEnabled('other')
    await world.settle()
    expect(world.state('t', 0).leader).to.equal(-1)
    world.active.onUncleanElectionEnabled('t')
    await world.settle()
    expect(world.state('t', 0).leader).to.equal(1)
  })

  it('are counted', async () => {
    const world = await worldOf(2, withConfig('true'))
    await world.kill(2)
    const counter = world
      .broker(1)
      .metrics.counter('kafka_controller_controllerstats_uncleanleaderelections_total')
    expect(counter.with().read()).to.equal(1)
  })
})
