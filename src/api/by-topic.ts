/** Things of partitions, gathered under their topics for an answer: topics and partitions in the order of the things. */
export function byTopic<T extends { readonly topic: string }, Out>(
  things: Iterable<T>,
  entryOf: (thing: T) => Out,
): Map<string, Out[]> {
  const topics = new Map<string, Out[]>()
  for (const thing of things) {
    const entries = topics.get(thing.topic)
    if (entries === undefined) topics.set(thing.topic, [entryOf(thing)])
    else entries.push(entryOf(thing))
  }
  return topics
}
