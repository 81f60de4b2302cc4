/** How many letters must be changed, added, left out or swapped with their neighbour to make one text of another. */
function distance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) > limit) return limit + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1]
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      )
      const isSwap =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      if (isSwap) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1)
      current.push(best)
    }
    beforeLast = last
    last = current
  }
  return last[other.length] ?? 0
}

const LONGEST_NAME = 200

/** The known name that was probably meant: at most a fifth of the letters differ. Null when none is near. */
export function nearestName(name: string, known: readonly string[]): string | null {
  if (name.length > LONGEST_NAME) return null
  const written = name.toLowerCase().replaceAll('_', '.')
  let limit = Math.max(2, Math.floor(name.length / 5))
  let nearest: string | null = null
  for (const candidate of known) {
    const apart = distance(written, candidate.toLowerCase(), limit)
    if (apart > limit || (apart === limit && nearest !== null)) continue
    nearest = candidate
    limit = apart
  }
  return nearest
}
