/**
 * A value that a key does not allow. The message has Kafka's form, because clients read it; `reason` alone is the part
 * that says what is allowed.
 * Source: org.apache.kafka.common.config.ConfigException(name, value, message).
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly key: string
  readonly reason: string

  constructor(key: string, value: string, reason: string) {
    super(`Invalid value ${value} for configuration ${key}: ${reason}`)
    this.key = key
    this.reason = reason
  }
}

/**
 * Values that are legal one by one, but not together, or not after what was before. The message is Kafka's, as its
 * clients read it; what Kafka's `require` says begins with "requirement failed: ".
 */
export class ConfigRuleError extends Error {
  override readonly name = 'ConfigRuleError'
}

/** Throws what Kafka's `require` throws. */
export function demand(condition: boolean, message: string): void {
  if (!condition) throw new ConfigRuleError(`requirement failed: ${message}`)
}
