import type { Controller } from '../controller/controller.ts'
import { errorCode, type ErrorName } from '../model/errors.ts'
import { ZERO_UUID, type Uuid } from '../model/uuid.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import type { Handler } from './handler.ts'

type Entry = ResponseOf<'DeleteTopics'>['responses'][number]

const BY_ID = 6
const KNOWS_DELETION_DISABLED = 3

/**
 * Deletes topics and waits until this broker has been told that they are gone.
 * Source: KafkaApis.handleDeleteTopicsRequest (3.9).
 */
export function deleteTopics(services: {
  controller: Controller
  cache: MetadataCache
  topics: Purgatory
  isEnabled: () => boolean
}): Handler<'DeleteTopics'> {
  const { controller, cache, topics: waiting, isEnabled } = services

  return async (request, { version }) => {
    const wanted: { name: string | null; id: Uuid }[] =
      version >= BY_ID
        ? request.topics.map(({ name, topicId }) => ({ name, id: topicId }))
        : request.topicNames.map((name) => ({ name, id: ZERO_UUID }))
    const refuseAll = (error: ErrorName) => ({
      responses: wanted.map(({ name, id }) => ({ name, topicId: id, errorCode: errorCode(error) })),
    })
    if (!controller.isActive) return refuseAll('NOT_CONTROLLER')
    if (!isEnabled())
      return refuseAll(version < KNOWS_DELETION_DISABLED ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED')
    if (wanted.some(({ name, id }) => name !== null && id !== ZERO_UUID)) return refuseAll('INVALID_REQUEST')

    const entries: Entry[] = []
    const deletable = new Map<string, Uuid>()
    for (const { name, id } of wanted) {
      const resolved = resolve(name, id)
      if (typeof resolved !== 'string') entries.push(resolved.entry)
      else deletable.set(resolved, id)
    }
    const outcomes = await controller.deleteTopics([...deletable.keys()])
    const asked = outcomes.filter(({ error }) => error === 'NONE').map(({ name }) => name)
    const gone = await waitUntilGone(asked, request.timeoutMs)
    for (const { name, error } of outcomes) {
      const isLate = error === 'NONE' && !gone.has(name)
      const code = errorCode(isLate ? 'REQUEST_TIMED_OUT' : error)
      entries.push({ name, topicId: deletable.get(name) ?? ZERO_UUID, errorCode: code })
    }
    // A topic that is named twice is answered twice.
    return { responses: entries.concat(repeats(request, version, entries)) }
  }

  function resolve(name: string | null, id: Uuid): string | { entry: Entry } {
    const refused = (error: ErrorName) => ({ entry: { name, topicId: id, errorCode: errorCode(error) } })
    // One that waits for its deletion is not in the cache any more, though its znode is still there.
    if (name !== null) return cache.topic(name) === null ? refused('UNKNOWN_TOPIC_OR_PARTITION') : name
    // Unlike an unknown id, no id at all is taken for a topic that the client may not know of.
    if (id === ZERO_UUID) return refused('TOPIC_AUTHORIZATION_FAILED')
    return cache.topicName(id) ?? refused('UNKNOWN_TOPIC_ID')
  }

  async function waitUntilGone(names: readonly string[], timeoutMs: number): Promise<Set<string>> {
    const isGone = (name: string): boolean => cache.topic(name) === null
    if (names.length === 0 || timeoutMs <= 0) return new Set()
    await waiting.wait(names, timeoutMs, () => names.every(isGone))
    return new Set(names.filter(isGone))
  }
}

function repeats(request: RequestOf<'DeleteTopics'>, version: number, entries: readonly Entry[]): Entry[] {
  const names = version >= BY_ID ? request.topics.flatMap(({ name }) => name ?? []) : request.topicNames
  const seen = new Set<string>()
  const again = names.filter((name) => seen.size === seen.add(name).size)
  return again.flatMap((name) => entries.find((entry) => entry.name === name) ?? [])
}
