import { ERROR_CODES, type ErrorCode } from '@tailwater/schema';
import { PermanentError, RetryableError } from '../runtime/errors.ts';

/** What a client is told of an error. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: { error: { code: ErrorCode; message: string; field?: string; request_id: string } };
  /** The error says more than the client is told: it belongs in the server's own log. */
  isFault: boolean;
}

/** Errors of the event store name addresses and SQL; clients get these words in their place. */
const STORE_MESSAGES: Partial<Record<ErrorCode, string>> = {
  store_unavailable: 'the event store does not answer now; events are still accepted',
  query_timeout: 'the query ran longer than its limit: narrow the time range or the filters',
};

/** The one shape of every error answer. Anything but our two errors and fastify's own refusals is `internal`. */
export function errorAnswer(error: unknown, requestId: string): ErrorAnswer {
  if (error instanceof PermanentError) return answer(error.code, error.message, requestId, { field: error.field });
  if (error instanceof RetryableError) {
    const told = STORE_MESSAGES[error.code];
    const retryAfterMs = error.retryAfterMs;
    return answer(error.code, told ?? error.message, requestId, { retryAfterMs, isFault: told !== undefined });
  }
  const refusal = refusalOf(error);
  if (refusal !== null) return answer(refusal.code, refusal.message, requestId, {});
  return answer('internal', "a fault of the server; its log has it under the request's id", requestId, {
    isFault: true,
  });
}

function answer(
  code: ErrorCode,
  message: string,
  requestId: string,
  { field, retryAfterMs, isFault = false }: { field?: string | undefined; retryAfterMs?: number; isFault?: boolean },
): ErrorAnswer {
  const headers: Record<string, string> = {};
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  if (code === 'unauthenticated') headers['www-authenticate'] = 'Bearer';
  return {
    status: ERROR_CODES[code].status,
    headers,
    body: { error: { code, message, ...(field === undefined ? {} : { field }), request_id: requestId } },
    isFault,
  };
}

/** What fastify refuses before a handler runs, told apart by its codes: https://fastify.dev/docs/latest/Reference/Errors */
const REFUSALS: Record<string, { code: ErrorCode; message: string }> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported_media_type', message: 'send the body as application/json' },
  FST_ERR_CTP_INVALID_TYPE: { code: 'unsupported_media_type', message: 'send the body as application/json' },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'payload_too_large', message: 'the body is too large for this path' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'invalid_body', message: 'the body is empty, expected a JSON object' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'invalid_body', message: 'the body is no JSON' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'invalid_body', message: 'the body ended before its Content-Length' },
  FST_ERR_BAD_URL: { code: 'not_found', message: 'the path is not percent-encoded right' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found', message: 'the path is too long' },
};

function refusalOf(error: unknown): { code: ErrorCode; message: string } | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (Object.hasOwn(REFUSALS, code)) return REFUSALS[code]!;
  // The JSON parser's own errors carry a status and no code.
  const isClientFault = error instanceof SyntaxError && 'statusCode' in error && error.statusCode === 400;
  return isClientFault ? { code: 'invalid_body', message: 'the body is no JSON' } : null;
}
