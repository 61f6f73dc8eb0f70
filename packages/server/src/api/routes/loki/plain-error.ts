import type { ErrorAnswer } from '../../errors.ts';

/** An error as Loki writes it. Grafana and logcli tell some apart by these words, so they are Loki's. */
export interface PlainError {
  status: number;
  headers: Record<string, string>;
  text: string;
}

const TIMED_OUT =
  'request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed';

/** https://grafana.com/docs/loki/latest/reference/loki-http-api/#statuses */
export function plainError({ status, headers, body }: ErrorAnswer): PlainError {
  const { code, message } = body.error;
  const all = { ...headers, 'content-type': 'text/plain; charset=utf-8' };
  if (code === 'query_timeout') return { status: 504, headers: all, text: TIMED_OUT };
  if (code === 'overloaded') return { status: 429, headers: all, text: 'too many outstanding requests' };
  // Go's own answers end the line, those that Loki writes do not.
  return { status, headers: all, text: status === 404 || status === 405 ? `${message}\n` : message };
}
