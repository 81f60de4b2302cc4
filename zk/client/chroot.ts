/** A path of the ensemble as this client's users know it; null when it is none of theirs. */
export function withoutChroot(path: string, chroot: string): string | null {
  if (chroot === '') return path
  if (path === chroot) return '/'
  return path.startsWith(`${chroot}/`) ? path.slice(chroot.length) : null
}
