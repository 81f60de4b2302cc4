/** What a reader may see: everything replicated, or only what no open or aborted transaction wrote. */
export type IsolationLevel = 'read_uncommitted' | 'read_committed'
