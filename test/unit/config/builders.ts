import type { BrokerLayers } from '../../../src/config/layers.ts'
import { BrokerConfig } from '../../../src/config/layers.ts'

export type Texts = Readonly<Record<string, string>>

export function properties(texts: Texts = {}): Map<string, string> {
  return new Map(Object.entries(texts))
}

export function aBrokerConfig(layers: { [Layer in keyof BrokerLayers]?: Texts } = {}): BrokerConfig {
  return new BrokerConfig({
    static: properties(layers.static),
    clusterDefault: properties(layers.clusterDefault),
    perBroker: properties(layers.perBroker),
  })
}

/** What a broker needs at least. */
export const MINIMAL: Texts = { 'broker.id': '1', 'zookeeper.connect': 'localhost:2181' }
