/** What a configuration belongs to, as numbers on the wire. Source: ConfigResource.Type. */
export const RESOURCE_TYPES = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16 } as const

export function isResourceType(code: number): boolean {
  return Object.values<number>(RESOURCE_TYPES).includes(code)
}
