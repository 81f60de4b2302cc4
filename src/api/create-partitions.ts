import type { Controller } from '../controller/controller.ts'
import { errorCode, type ErrorName } from '../model/errors.ts'
import { NO_BROKER, type BrokerId } from '../model/ids.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import { namesGivenTwice } from './create-topics.ts'
import type { Handler } from './handler.ts'

/**
 * Adds partitions and waits until each has a leader that this broker knows.
 * Source: KafkaApis.handleCreatePartitionsRequest (3.9).
 */
export function createPartitions(services: {
  controller: Controller
  cache: MetadataCache
  topics: Purgatory
}): Handler<'CreatePartitions'> {
  const { controller, cache, topics: waiting } = services

  return async ({ topics, timeoutMs, validateOnly }) => {
    const result = (name: string, error: ErrorName, message: string | null) => ({
      name,
      errorCode: errorCode(error),
      errorMessage: message,
    })
    if (!controller.isActive)
      return { results: topics.map(({ name }) => result(name, 'NOT_CONTROLLER', null)) }
    const twice = namesGivenTwice(topics.map(({ name }) => name))
    const wanted = topics
      .filter(({ name }) => !twice.has(name))
      .map(({ name, count, assignments }) => ({
        name,
        count,
        assignments: assignments?.map(({ brokerIds }) => brokerIds as BrokerId[]) ?? null,
      }))
    const outcomes = await controller.createPartitions(wanted, { validateOnly })
    const counts = new Map(wanted.map(({ name, count }) => [name, count]))
    const grown = validateOnly ? [] : outcomes.filter(({ error }) => error === 'NONE').map(({ name }) => name)
    const isLed = (name: string): boolean => {
      const partitions = cache.topic(name)?.partitions
      if (partitions === undefined || partitions.size < (counts.get(name) ?? 0)) return false
      for (const { leader } of partitions.values()) if (leader === NO_BROKER) return false
      return true
    }
    if (grown.length > 0 && timeoutMs > 0) await waiting.wait(grown, timeoutMs, () => grown.every(isLed))
    const late = new Set(grown.filter((name) => timeoutMs <= 0 || !isLed(name)))
    return {
      results: [
        ...Array.from(twice, (name) => result(name, 'INVALID_REQUEST', 'Duplicate topic in request.')),
        ...outcomes.map(({ name, error, message }) =>
          late.has(name) ? result(name, 'REQUEST_TIMED_OUT', null) : result(name, error, message),
        ),
      ],
    }
  }
}
