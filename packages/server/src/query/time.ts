import type { TimeRange } from './plan.ts';

/** What the store's DateTime64(9) can hold: 1900-01-01 up to the end of what fits 64 bits of nanoseconds, in 2262. */
export const TIME_MIN_NS = BigInt(Date.UTC(1900, 0, 1)) * 1_000_000n;
export const TIME_MAX_NS = 9_223_372_036_854_775_807n;

const UNIT_NS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
};

const DURATION = /^(?:\d{1,12}(?:ns|us|ms|s|m|h|d|w))+$/;
const RELATIVE = /^(?:now)?([+-])((?:\d{1,12}(?:ns|us|ms|s|m|h|d|w))+)$/;
const EPOCH = /^(\d{1,20})(?:\.(\d{1,9}))?$/;
// A `+` of a zone that was not percent-encoded arrives as a space.
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?(?:([Zz])|([+\- ])(\d\d):?(\d\d))?)?$/;

/** What `parseTime` reads, for messages. */
export const TIME_FORMATS = 'ISO 8601, an epoch in s, ms, µs or ns, or a relative time like -15m or now-1h';

/**
 * A point in time, in nanoseconds since the epoch, clamped to what the store holds; null when the text is none.
 * - ISO 8601: a date, or a date and time, with any fraction and zone; without a zone it is UTC.
 * - Digits: an epoch in s, ms, µs or ns by its size (below 1e11 s, 1e14 ms, 1e17 µs: each good from 1973 to 5138);
 *   only seconds may have a fraction.
 * - `now`, `-15m`, `now-1h30m`, `+5s`: from now, in w, d, h, m, s, ms, us, ns.
 */
export function parseTime(text: string, nowMs: number): bigint | null {
  const time = parseUnclamped(text.trim(), nowMs);
  if (time === null) return null;
  if (time < TIME_MIN_NS) return TIME_MIN_NS;
  return time > TIME_MAX_NS ? TIME_MAX_NS : time;
}

function parseUnclamped(text: string, nowMs: number): bigint | null {
  if (text === 'now') return msToNs(nowMs);
  const relative = RELATIVE.exec(text);
  if (relative) {
    const distance = durationNs(relative[2]!);
    return msToNs(nowMs) + (relative[1] === '-' ? -distance : distance);
  }
  const epoch = EPOCH.exec(text);
  if (epoch) return epochNs(epoch[1]!, epoch[2]);
  const iso = ISO.exec(text);
  return iso ? isoNs(iso) : null;
}

/** A length of time such as `7d` or `1h30m` in nanoseconds, null when the text is none. */
export function parseDuration(text: string): bigint | null {
  return DURATION.test(text) ? durationNs(text) : null;
}

function durationNs(text: string): bigint {
  let sum = 0n;
  for (const [, count, unit] of text.matchAll(/(\d+)([a-z]+)/g)) sum += BigInt(count!) * UNIT_NS[unit!]!;
  return sum;
}

function epochNs(digits: string, fraction: string | undefined): bigint | null {
  const value = BigInt(digits);
  if (value < 100_000_000_000n) return value * UNIT_NS.s! + BigInt((fraction ?? '').padEnd(9, '0'));
  if (fraction !== undefined) return null;
  if (value < 100_000_000_000_000n) return value * UNIT_NS.ms!;
  if (value < 100_000_000_000_000_000n) return value * UNIT_NS.us!;
  return value;
}

function isoNs(match: RegExpExecArray): bigint | null {
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', , sign, zoneHour, zoneMinute] =
    match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Date.parse rolls 31 June and 24:00 over to the next day; both are mistakes here.
  if (Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(day)) return null;
  const nanoseconds = BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  const zoneMs = sign === undefined ? 0 : (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
  return msToNs(ms - (sign === '-' ? -zoneMs : zoneMs)) + nanoseconds;
}

function msToNs(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * 1_000_000n;
}

/** `2026-11-21T10:00:00.123456789Z`: 9 digits, UTC. */
export function formatTime(timeNs: bigint): string {
  let ms = timeNs / 1_000_000n;
  let rest = timeNs % 1_000_000n;
  if (rest < 0n) {
    ms -= 1n;
    rest += 1_000_000n;
  }
  const iso = new Date(Number(ms)).toISOString();
  return `${iso.slice(0, -1)}${rest.toString().padStart(6, '0')}Z`;
}

/** Every time that the store can hold. */
export const ALL_TIME: TimeRange = { fromNs: TIME_MIN_NS, toNs: TIME_MAX_NS };
