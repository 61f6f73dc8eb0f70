import type { z } from 'zod';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';

/** Of what a destination answered, characters that are told. Rule D5 allows 1 KiB. */
const ANSWER_UNITS_MAX = 300;
/** A destination that asks for more is asked again after this long, ms. */
const RETRY_AFTER_MS_MAX = 15 * 60_000;

/** Takes secrets out of a text, see `secretStripper`. */
export type Strip = (text: string) => string;

export const isSuccess = ({ status }: EgressResponse): boolean => status >= 200 && status < 300;

/**
 * What an answer that is no success means by rule D4. Addresses that are wrong (3xx, 404, 405) are RetryableError: the
 * user mends them, and no event is at fault.
 */
export function failureOf(response: EgressResponse, strip: Strip): PermanentError | RetryableError {
  const { status, headers } = response;
  const told = `The destination answered ${status}${answerTold(response, strip)}`;
  if (status >= 300 && status < 400) {
    const location = tellLocation(headers.location ?? '', strip);
    return wrongAddress(`${told} It points to ${location}; set that address.`);
  }
  if (status === 401 || status === 403 || status === 407) return new PermanentError('destination_unauthorized', told);
  if (status === 410) return new PermanentError('destination_gone', told);
  if (status === 413) return new PermanentError('payload_too_large', told);
  if (status === 404 || status === 405) {
    return wrongAddress(`${told} The address leads to nothing that takes events.`);
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500 || status < 200) {
    return new RetryableError('destination_unavailable', told, retryAfterMs(headers));
  }
  return new PermanentError('destination_rejected', told);
}

const wrongAddresses = new WeakSet<Error>();

function wrongAddress(message: string): RetryableError {
  const error = new RetryableError('destination_unavailable', message, 0);
  wrongAddresses.add(error);
  return error;
}

/** Whether something answered that is not the destination: waiting does not help, another address does. */
export const isWrongAddress = (error: Error): boolean => wrongAddresses.has(error);

/** `Retry-After` in seconds or as a date, capped; 0: the destination did not say. */
export function retryAfterMs(headers: EgressResponse['headers'], nowMs = Date.now()): number {
  const text = headers['retry-after']?.trim() ?? '';
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(Math.ceil(ms), 0), RETRY_AFTER_MS_MAX) : 0;
}

/** `: "no such index".`, or `.` for an empty body. One line, without secrets, cut. */
export function answerTold({ body }: Pick<EgressResponse, 'body'>, strip: Strip): string {
  const text = tellText(body.toString('utf8'), strip);
  return text === '' ? '.' : `: ${text}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** A text of the destination's for an error: secrets are taken out before it is cut, so that no half of one stays. */
export function tellText(text: string, strip: Strip): string {
  const line = strip(text)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line.length > ANSWER_UNITS_MAX ? `${line.slice(0, ANSWER_UNITS_MAX)}…` : line;
}

function tellLocation(location: string, strip: Strip): string {
  const url = URL.parse(location);
  // A path or a query may be someone's token; the origin says enough.
  return url === null ? tellText(location.split('?')[0] ?? '', strip) || 'nowhere' : url.origin;
}

/** The JSON of an answer, null when it is none or of another shape. */
export function readJson<T>(body: Buffer, schema: z.ZodType<T>): T | null {
  try {
    const read = schema.safeParse(JSON.parse(body.toString('utf8')));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}
