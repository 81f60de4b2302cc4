import { expect } from 'chai'
import { CliError } from '../../../../src/cli/cli-error.ts'
import { parsePlan, planText } from '../../../../src/cli/reassign/plan-file.ts'

describe('plan files', () => {
  it('are read as they were written', () => {
    const plan = [
      { topic: 'orders', partition: 0, replicas: [1, 2] },
      { topic: 'pay-ments', partition: 3, replicas: [3] },
    ]
    expect(parsePlan('plan.json', planText(plan))).to.deep.equal(plan)
  })

  const refused: [string, string, string][] = [
    ['text that is not JSON', 'hello', 'is not a plan'],
    ['another version', '{"version":2,"partitions":[]}', 'version 2'],
    ['no partitions', '{"version":1}', 'no list of partitions'],
    ['a partition without replicas', '{"partitions":[{"topic":"a","partition":0}]}', 'a-0 has no list'],
    [
      'a broker named twice',
      '{"partitions":[{"topic":"a","partition":0,"replicas":[1,1]}]}',
      'names a broker twice',
    ],
    [
      'a negative partition',
      '{"partitions":[{"topic":"a","partition":-1,"replicas":[1]}]}',
      'no partition number',
    ],
    [
      'a partition named twice',
      '{"partitions":[{"topic":"a","partition":0,"replicas":[1]},{"topic":"a","partition":0,"replicas":[2]}]}',
      'a-0 is in it twice',
    ],
  ]
  for (const [what, text, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => parsePlan('plan.json', text)).to.throw(CliError, message)
    })
  }
})
