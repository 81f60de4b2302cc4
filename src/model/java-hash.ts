/** `String.hashCode` of Java, by which Kafka spreads things: over UTF-16 units, wrapping at 32 bits. */
export function javaStringHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
  return hash
}
