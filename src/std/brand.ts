declare const brand: unique symbol

/**
 * A primitive that must not be mixed with others of the same shape: `Offset` and `LeaderEpoch` are both numbers,
 * and adding one to the other is a mistake that the compiler finds.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
