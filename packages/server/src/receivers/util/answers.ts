import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome } from '../receiver.ts';

/** Retry-After in whole seconds, at least one. */
export function retryAfterHeader(error: RetryableError): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) };
}

/** The platform's error object. */
export interface ErrorBody {
  code: string;
  message: string;
  field?: string;
  request_id: string;
}

/** A failed request in the platform's own shape, `{error:{code, message, field?, request_id}}`. */
export function errorAnswer({ error, requestId }: IngestOutcome & { kind: 'failed' }): HttpAnswer {
  const body: { error: ErrorBody } = { error: { code: error.code, message: error.message, request_id: requestId } };
  if (error instanceof PermanentError && error.field !== undefined) body.error.field = error.field;
  return jsonAnswer(error.status, body, error instanceof RetryableError ? retryAfterHeader(error) : {});
}

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: `${JSON.stringify(body)}\n`,
  };
}

/** The media type of a Content-Type header without its parameters, in lower case; empty when there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0].trim().toLowerCase();
}
