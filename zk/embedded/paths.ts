const SLASH = 0x2f
const DOT = 0x2e

/**
 * Whether `path` may name a znode: from the root, no empty, `.` or `..` component, no slash at the end, and none of
 * the code points that ZooKeeper refuses. Source: ZooKeeper 3.8 PathUtils.validatePath.
 */
export function isValidPath(path: string): boolean {
  if (path.charCodeAt(0) !== SLASH) return false
  if (path.length === 1) return true
  let componentStart = 1
  for (let index = 1; index < path.length; index++) {
    const code = path.charCodeAt(index)
    if (code === SLASH) {
      if (!isValidComponent(path, componentStart, index)) return false
      componentStart = index + 1
    } else if (isRefused(code)) return false
  }
  return isValidComponent(path, componentStart, path.length)
}

function isValidComponent(path: string, start: number, end: number): boolean {
  if (end === start) return false
  if (path.charCodeAt(start) !== DOT) return true
  return end - start > 2 || (end - start === 2 && path.charCodeAt(start + 1) !== DOT)
}

/** Control characters, surrogates with the private area behind them, and the last sixteen. */
function isRefused(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0xd800 && code <= 0xf8ff) || code >= 0xfff0
}

/** The path of the znode that `path` is a child of. The root is its own parent. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

/** The last component. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
