/** What a route may know of its request. */
export interface HttpRequest {
  readonly path: string
  /** The query, decoded; a parameter that is given twice has both values. */
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>
}

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  /** Pieces of a body that is not made in one go; whoever cannot send them all ends the iteration. */
  readonly body: string | AsyncIterable<string>
}

/** A page of the HTTP side, as data: the server alone knows the library that serves it. */
export interface Route {
  readonly path: string
  /** For the list that `GET /` shows. */
  readonly doc: string
  /** Throws HttpError for what the client should hear; anything else is our fault, a 500 without details. */
  answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>
}

/** An expected failure: the client reads `message`. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function json(status: number, value: unknown): HttpAnswer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` }
}

/** A switch in the query: absent, `0` and `false` are off; empty, `1` and `true` are on. Throws HttpError 400. */
export function flag(request: HttpRequest, name: string): boolean {
  const value = request.query[name]
  if (value === undefined || value === '0' || value === 'false') return false
  if (value === '' || value === '1' || value === 'true') return true
  throw new HttpError(400, `query parameter ${name} must be given once, as 1 or 0`)
}
