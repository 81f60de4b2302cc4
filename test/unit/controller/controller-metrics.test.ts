import { expect } from 'chai'
import { exposition } from '../../../src/metrics/prometheus.ts'
import { type ControllerWorld, tp, worldOf } from '../../support/controller-harness.ts'

/** The value of a series, by name and labels, as a scrape shows it. */
function scrape(world: ControllerWorld, broker: number): (series: string) => number | undefined {
  const text = [...exposition(world.broker(broker).metrics)].join('')
  const values = new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const space = line.lastIndexOf(' ')
        return [line.slice(0, space), Number(line.slice(space + 1))] as const
      }),
  )
  return (series) => values.get(series)
}

const plant = async (world: ControllerWorld) => {
  await world.plantTopic('a', {
    0: { replicas: [1, 2], leader: 1, isr: [1, 2] },
    1: { replicas: [1, 2], leader: 2, isr: [1, 2] },
    2: { replicas: [2], leader: 2, isr: [2] },
  })
  await world.plantTopic('going', { 0: { replicas: [2, 1], leader: 2, isr: [2, 1] } })
}

describe('ControllerMetrics', () => {
  it('counts the cluster on the controller, and nothing elsewhere', async () => {
    const world = await worldOf(2, plant)
    await world.kill(2)
    await world.until(world.active.deleteTopics(['going']))
    await world.settle(200)
    const value = scrape(world, 1)
    const named = (name: string) => value(`kafka_controller_kafkacontroller_${name}`)
    expect({
      active: named('activecontrollercount'),
      brokers: named('activebrokercount'),
      topics: named('globaltopiccount'),
      partitions: named('globalpartitioncount'),
      offline: named('offlinepartitionscount'),
      imbalanced: named('preferredreplicaimbalancecount'),
      topicsToDelete: named('topicstodeletecount'),
      topicsIneligible: named('topicsineligibletodeletecount'),
      replicasToDelete: named('replicastodeletecount'),
      migration: named('zkmigrationstate'),
    }).to.deep.equal({
      active: 1,
      brokers: 1,
      topics: 2,
      partitions: 4,
      offline: 1,
      imbalanced: 1,
      topicsToDelete: 1,
      topicsIneligible: 1,
      replicasToDelete: 1,
      migration: 4,
    })
    const other = scrape(world, 2)
    expect(other('kafka_controller_kafkacontroller_activecontrollercount')).to.equal(0)
    expect(other('kafka_controller_kafkacontroller_globalpartitioncount')).to.equal(0)
  })

  it('times what it does, and counts what waits', async () => {
    const world = await worldOf(2, plant)
    await world.until(world.active.electLeaders('preferred', [tp('a', 1)]))
    await world.settle()
    world.broker(2).mood = 'silent'
    await world.proposeIsr('a', 0, [1])
    const value = scrape(world, 1)
    expect(
      value('kafka_controller_controllerstats_manualleaderbalancerateandtimems_count'),
    ).to.be.greaterThan(0)
    expect(value('kafka_controller_controllerstats_isrchangerateandtimems_count')).to.be.greaterThan(0)
    expect(value('kafka_controller_controllereventmanager_eventqueuetimems_count')).to.be.greaterThan(0)
    expect(value('kafka_controller_controllereventmanager_eventqueuesize')).to.equal(0)
    expect(value('kafka_controller_controllerchannelmanager_queuesize{broker_id="2"}')).to.equal(1)
    expect(value('kafka_controller_controllerchannelmanager_totalqueuesize')).to.equal(1)
    expect(value('kafka_controller_kafkacontroller_controllerstate')).to.equal(0)
  })
})
