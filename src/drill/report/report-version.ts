/** The version of Chaos Toolkit's library whose journal ours is like. */
export const VERSION_OF_JOURNAL = '1.41.0'
