import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { HttpAnswer, Receipt, RequestHead } from '../receiver.ts';
import { retryAfterHeader } from '../util/answers.ts';
import { codeOfError, HEC, HEC_TEXT, type HecCode } from './codes.ts';

/** `Authorization: Splunk TOKEN`, or `?token=`; Bearer, Basic and X-API-Key are read everywhere. */
export function credential({ headers, query }: RequestHead): string | undefined {
  const match = /^splunk +(\S+) *$/i.exec(headers.authorization ?? '');
  if (match !== null) return match[1];
  // Splunk looks at the query only where there is no header.
  return headers.authorization === undefined ? (query.get('token') ?? undefined) : undefined;
}

/** `text` is Splunk's own for the code; what there is to say beyond stands in `message`. */
export function hecAnswer(
  status: number,
  code: HecCode,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify({ text: HEC_TEXT[code], code, ...more }),
  };
}

export function failureAnswer(error: PermanentError | RetryableError, head: RequestHead): HttpAnswer {
  const { message } = error;
  if (error instanceof RetryableError) {
    const status = error.code === 'rate_limited' ? 429 : error.code === 'internal' ? 500 : 503;
    return hecAnswer(status, retryableCode(error), { message }, retryAfterHeader(error));
  }
  return hecAnswer(error.status, permanentCode(error, head), { message });
}

function retryableCode({ code }: RetryableError): HecCode {
  if (code === 'shutting_down') return HEC.shuttingDown;
  return code === 'internal' ? HEC.internal : HEC.busy;
}

function permanentCode({ code, message }: PermanentError, { headers, query }: RequestHead): HecCode {
  if (code === 'forbidden' || code === 'origin_refused') return HEC.invalidToken;
  if (code !== 'unauthenticated') return codeOfError(message);
  const { authorization } = headers;
  if (authorization === undefined) {
    return query.has('token') || headers['x-api-key'] !== undefined ? HEC.invalidToken : HEC.tokenRequired;
  }
  return /^(splunk|bearer|basic|apikey) +\S/i.test(authorization) ? HEC.invalidToken : HEC.invalidAuthorization;
}

/** Splunk tells the first bad event alone, and its clients send nothing again after a 400. */
export function rejectionAnswer({ accepted, rejectedCount, rejections }: Receipt): HttpAnswer {
  const first = rejections.at(0);
  const cause = first === undefined ? '' : `, event ${first.index}: ${first.error}`;
  const message = `${rejectedCount} of ${accepted + rejectedCount} events were rejected${cause}`;
  if (first === undefined) return hecAnswer(400, HEC.invalidData, { message });
  return hecAnswer(400, codeOfError(first.error), { 'invalid-event-number': first.index, message });
}

/** The ids of `{"acks": [0, 1]}`. Throws PermanentError. */
export function ackIdsOf(body: Buffer): number[] {
  let ids: unknown;
  try {
    ids = (JSON.parse(body.toString()) as { acks?: unknown } | null)?.acks;
  } catch {
    ids = undefined;
  }
  if (Array.isArray(ids) && ids.every((id) => Number.isSafeInteger(id))) return ids as number[];
  throw new PermanentError('invalid_body', 'expected {"acks": [0, 1, …]}', 'acks');
}
