import { parse } from '../../../../query/logql/parse.ts';
import { formatGoDuration, parseGoDuration, parseGoFloat } from '../../../../query/logql/values/index.ts';
import { PermanentError } from '../../../../runtime/errors.ts';
import { parseRfc3339 } from './times.ts';

/** Of a delete request only times of exactly so many characters are seconds. */
const SECONDS_CHARACTERS = 10;
/** This thread compiles the regular expressions of so many characters in some ms; a request is to be kept, too. */
const QUERY_CHARACTERS_MAX = 2000;
const MAX_INTERVAL_MS = 24 * 3_600_000;
const BAD_TIME = 'time: require unix seconds or RFC3339 format';

export interface AskedDeletion {
  query: string;
  startMs: number;
  endMs: number;
}

const refuse = (message: string, name: string) => new PermanentError('invalid_parameter', message, name);

/**
 * What a delete request names. https://grafana.com/docs/loki/latest/reference/loki-http-api/#request-log-deletion
 * @throws PermanentError `invalid_parameter` in Loki's words.
 */
export function deletionOf(form: URLSearchParams, nowMs: number): AskedDeletion {
  const query = form.get('query') ?? '';
  if (query === '') throw refuse('query not set', 'query');
  if (query.length > QUERY_CHARACTERS_MAX) {
    throw refuse(`the query of a delete request has up to ${QUERY_CHARACTERS_MAX} characters`, 'query');
  }
  const hasFilter = checkQuery(query);
  const start = form.get('start') ?? '';
  if (start === '') throw refuse('start time not set', 'start');
  const startMs = parseDeleteTime(start);
  if (startMs === null) throw refuse(`invalid start ${BAD_TIME}`, 'start');
  const end = form.get('end') ?? '';
  const endMs = end === '' ? nowMs : parseDeleteTime(end);
  if (endMs === null) throw refuse(`invalid end ${BAD_TIME}`, 'end');
  if (endMs > nowMs) throw refuse('deletes in the future are not allowed', 'end');
  if (startMs >= endMs) throw refuse("start time can't be greater than or equal to end time", 'start');
  if (hasFilter) checkMaxInterval(form.get('max_interval') ?? '', endMs - startMs);
  return { query, startMs, endMs };
}

/** Whether it is more than a selector. */
function checkQuery(query: string): boolean {
  const expr = parsed(query);
  if (expr?.kind !== 'log') throw refuse('invalid query expression', 'query');
  return expr.stages.length > 0;
}

function parsed(query: string) {
  try {
    return parse(query);
  } catch (error) {
    if (error instanceof PermanentError) return null;
    throw error;
  }
}

function parseDeleteTime(text: string): number | null {
  const ns = parseRfc3339(text);
  if (ns !== null) return Number(ns / 1_000_000n);
  const seconds = text.length === SECONDS_CHARACTERS ? parseGoFloat(text) : null;
  return seconds === null || !Number.isFinite(seconds) ? null : Math.round(seconds * 1000);
}

function checkMaxInterval(text: string, lengthMs: number): void {
  if (text === '') return;
  const seconds = parseGoDuration(text);
  if (seconds === null || seconds < 1) {
    throw refuse("invalid max_interval: valid time units are 's', 'm', 'h'", 'max_interval');
  }
  if (seconds * 1000 > MAX_INTERVAL_MS) {
    throw refuse(`max_interval can't be greater than ${formatGoDuration(MAX_INTERVAL_MS * 1e6)}`, 'max_interval');
  }
  if (seconds * 1000 > lengthMs) {
    const length = formatGoDuration(lengthMs * 1e6);
    throw refuse(`max_interval can't be greater than the interval to be deleted (${length})`, 'max_interval');
  }
}
