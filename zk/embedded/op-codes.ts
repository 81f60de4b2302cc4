/** The operations of the protocol by number. Source: ZooKeeper 3.8 ZooDefs.OpCode. */
export const OP = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  createTtl: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  closeSession: -11,
} as const

/** Ordinary requests have the client's own numbers; these are for what happens beside them. */
export const XID = { notification: -1, ping: -2, auth: -4, setWatches: -8 } as const

/** How the `cons` command calls a connection's last operation. Source: ZooKeeper 3.8 FinalRequestProcessor. */
const SHORT_NAMES: Readonly<Record<number, string>> = {
  [OP.create]: 'CREA',
  [OP.create2]: 'CREA',
  [OP.createContainer]: 'CREA',
  [OP.delete]: 'DELE',
  [OP.exists]: 'EXIS',
  [OP.getData]: 'GETD',
  [OP.setData]: 'SETD',
  [OP.getAcl]: 'GETA',
  [OP.setAcl]: 'SETA',
  [OP.getChildren]: 'GETC',
  [OP.getChildren2]: 'GETC',
  [OP.sync]: 'SYNC',
  [OP.ping]: 'PING',
  [OP.multi]: 'MULT',
  [OP.multiRead]: 'MLTR',
  [OP.setWatches]: 'SETW',
  [OP.setWatches2]: 'SETW',
  [OP.addWatch]: 'ADDW',
  [OP.removeWatches]: 'REMW',
  [OP.getEphemerals]: 'GETE',
  [OP.getAllChildrenNumber]: 'GETACN',
  [OP.closeSession]: 'CLOS',
}

export function shortNameOf(op: number): string {
  return SHORT_NAMES[op] ?? 'NA'
}
