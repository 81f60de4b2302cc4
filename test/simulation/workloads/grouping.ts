import { GroupLedger } from './group-ledger.ts'
import { GroupMember } from './group-member.ts'
import type { PlannedOf, Run, Workload } from './workload.ts'

const OFFSETS_TOPIC = '__consumer_offsets'

/** The members of one group. */
export class Grouping implements Workload {
  private readonly members: readonly GroupMember[]

  constructor({ world, cluster }: Run, planned: PlannedOf<'members'>) {
    const { power, view } = cluster
    const isVoid = (): boolean =>
      view.partitions(OFFSETS_TOPIC).some(({ partition }) => power.isVoid(OFFSETS_TOPIC, partition))
    const ledger = new GroupLedger(world, planned.name, isVoid)
    this.members = Array.from(
      { length: planned.members },
      (_, i) => new GroupMember(world, planned, `${planned.name}-${i + 1}`, ledger),
    )
  }

  get hasRecovered(): boolean {
    return this.members.some((member) => member.hasRecovered)
  }

  heal(): void {
    for (const member of this.members) member.heal()
  }

  async finish(): Promise<void> {
    for (const member of this.members) member.close()
    await Promise.all(this.members.map(({ ended }) => ended))
  }

  close(): void {
    for (const member of this.members) member.disconnect()
  }

  describe(): string {
    return this.members.map((member) => member.describe()).join(', ')
  }
}
