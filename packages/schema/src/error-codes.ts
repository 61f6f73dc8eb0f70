/**
 * Every error code that an API answer can carry, with its HTTP status and what a user does about it.
 * docs/reference/errors.md is generated from this table; a test compares table, page and code both ways.
 */
export const ERROR_CODES = {
  invalid_body: { status: 400, help: 'The body could not be read as the protocol requires. The message says where.' },
  invalid_field: { status: 400, help: 'One field of one event has a value that its type does not allow.' },
  invalid_parameter: { status: 400, help: 'A query parameter has a value it does not allow. `field` names it.' },
  invalid_query: { status: 400, help: 'The search text in `q` could not be read. The message says where.' },
  invalid_cursor: {
    status: 400,
    help: 'The cursor was not made by this server for this org and order. Start again without one.',
  },
  unauthenticated: {
    status: 401,
    help: 'Send an API key: `Authorization: Bearer KEY`, `X-API-Key: KEY`, or Basic with the key as password. With the field `session` a session of the web UI is over: sign in again.',
  },
  forbidden: { status: 403, help: 'The key is valid but lacks the scope, or may not act for that org.' },
  origin_refused: {
    status: 403,
    help: 'The page of another server asked. Open mode answers only to this machine: Host and Origin must be loopback. A session of the web UI counts only for its own pages: behind a proxy Host must be what the browser asked for. A browser key counts for the origins it lists.',
  },
  not_found: { status: 404, help: 'There is no such thing in this org.' },
  method_not_allowed: { status: 405, help: 'The path exists with another method; `Allow` lists them.' },
  not_acceptable: { status: 406, help: 'No representation of the answer fits the Accept header.' },
  conflict: { status: 409, help: 'A thing of that name exists already.' },
  payload_too_large: { status: 413, help: 'The body is over the limit that the message names. Send smaller batches.' },
  unsupported_media_type: { status: 415, help: 'Content-Type or Content-Encoding is none that this path reads.' },
  event_too_large: {
    status: 400,
    help: 'One event is over the limit that the message names. It was rejected, its neighbours were not.',
  },
  too_many_events: { status: 413, help: 'One request holds more events than the limit that the message names.' },
  rate_limited: { status: 429, help: 'Wait as long as Retry-After says.' },
  internal: { status: 500, help: "A fault of the server. The request id finds it in the server's log." },
  overloaded: {
    status: 503,
    help: 'The server is full for the moment. Wait as long as Retry-After says and send again.',
  },
  journal_unavailable: {
    status: 503,
    help: 'The journal cannot be written. Nothing of the request was taken. See /readyz.',
  },
  store_unavailable: {
    status: 503,
    help: 'The event store does not answer. Ingest goes on into the journal. See /readyz.',
  },
  query_timeout: { status: 503, help: 'The query ran longer than its limit. Narrow the time range or the filters.' },
  shutting_down: { status: 503, help: 'The server is stopping. Send again to its successor.' },
  destination_unavailable: {
    status: 503,
    help: 'The destination does not answer, or asks to wait. What is for it stays in the journal and is sent again.',
  },
  destination_rejected: { status: 400, help: 'The destination refused what it was sent. The message says why.' },
  destination_unauthorized: {
    status: 400,
    help: 'The destination refused the credentials, or they lack a permission. Set them anew; nothing is lost meanwhile.',
  },
  destination_gone: { status: 400, help: 'The destination wants nothing more. The integration was disabled.' },
  egress_denied: {
    status: 400,
    help: 'Tailwater does not connect to that address. An operator can allow it in `egress.allow`.',
  },
  disk_full: {
    status: 507,
    help: 'The data directory has no space left. Nothing of the request was taken; reads go on.',
  },
} as const satisfies Record<string, { status: number; help: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;
