/** A file that `zurau generate` makes. */
export interface GeneratedFile {
  /** Below the directory of `--into`. */
  readonly name: string
  readonly text: string
}
