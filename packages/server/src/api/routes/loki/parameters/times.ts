import { parseGoFloat } from '../../../../query/logql/values/index.ts';
import { PermanentError } from '../../../../runtime/errors.ts';
import { parsePrometheusDuration } from './durations.ts';
import { clampInt64, goIntegerError, parseGoInteger } from './go-numbers.ts';

const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;
const SINCE_DEFAULT_NS = 3_600n * NS_PER_SECOND;
/** Integers of up to so many characters are seconds, longer ones nanoseconds, whatever was meant. */
const SECONDS_CHARACTERS_MAX = 10;

/** Nanoseconds since the epoch, within an int64. */
export interface Span {
  startNs: bigint;
  endNs: bigint;
}

/**
 * A time as Loki reads it: seconds with a fraction (to the millisecond), seconds, nanoseconds, or RFC 3339.
 * https://grafana.com/docs/loki/latest/reference/loki-http-api/#timestamps
 */
export function parseTimestamp(text: string, otherwise: bigint): bigint | { error: string } {
  if (text === '') return otherwise;
  if (text.includes('.')) {
    const seconds = parseGoFloat(text);
    if (seconds !== null && Number.isFinite(seconds)) return ofSeconds(seconds);
  }
  const integer = parseGoInteger(text);
  if (typeof integer === 'bigint') {
    return text.length <= SECONDS_CHARACTERS_MAX ? clampInt64(integer * NS_PER_SECOND) : integer;
  }
  return parseRfc3339(text) ?? { error: goIntegerError('ParseInt', text, integer) };
}

function ofSeconds(seconds: number): bigint {
  const whole = Math.trunc(seconds);
  const fraction = Math.round((seconds - whole) * 1000) / 1000;
  return clampInt64(BigInt(whole) * NS_PER_SECOND + BigInt(Math.trunc(fraction * 1e9)));
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Nanoseconds of an RFC 3339 time, null when it is none. More than nine digits of a second are cut off. */
export function parseRfc3339(text: string): bigint | null {
  const match = RFC_3339.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as number[];
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (hour! > 23 || minute! > 59 || second! > 59 || offsetHours > 24 || offsetMinutes > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day);
  // A day that the month has not would be one of the next.
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day) return null;
  date.setUTCHours(hour!, minute, second);
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000 * (match[8] === '-' ? -1 : 1);
  const fractionNs = BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'));
  return clampInt64(BigInt(date.getTime() - offsetMs) * NS_PER_MS + fractionNs);
}

/**
 * `start`, `end` and `since` of a form. `since` counts back from the end, or from now when the end lies ahead.
 * @throws PermanentError `invalid_parameter` in Loki's words.
 */
export function spanOf(form: URLSearchParams, nowNs: bigint): Span {
  const sinceText = form.get('since') ?? '';
  const since = sinceText === '' ? SINCE_DEFAULT_NS : parsePrometheusDuration(sinceText);
  if (typeof since !== 'bigint') throw unparsable('since', since.error);
  const endNs = parseTimestamp(form.get('end') ?? '', nowNs);
  if (typeof endNs !== 'bigint') throw unparsable('end', endNs.error);
  const startNs = parseTimestamp(form.get('start') ?? '', clampInt64((endNs < nowNs ? endNs : nowNs) - since));
  if (typeof startNs !== 'bigint') throw unparsable('start', startNs.error);
  return { startNs, endNs };
}

/** @throws PermanentError `invalid_parameter` in Loki's words. */
export function timeOf(form: URLSearchParams, nowNs: bigint): bigint {
  const time = parseTimestamp(form.get('time') ?? '', nowNs);
  if (typeof time === 'bigint') return time;
  throw new PermanentError('invalid_parameter', time.error, 'time');
}

function unparsable(name: string, error: string): PermanentError {
  return new PermanentError('invalid_parameter', `could not parse '${name}' parameter: ${error}`, name);
}
