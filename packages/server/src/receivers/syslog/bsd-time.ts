const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH_OF_NAME = new Map(MONTHS.map((name, month) => [name, month]));

const DAY_MS = 86_400_000;
/** Longest text that is looked at: `Mar  1 2026 00:00:00.123456789 2026 AEST`. */
const TEXT_BYTES_MAX = 48;

/**
 * Month, day, time, as in RFC 3164; with a fraction and a zone's name, as Cisco's `service timestamps` writes them; with
 * a year before the time (Cisco ASA) or behind it.
 */
const TIME =
  /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:((?:19|20)\d\d) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ((?:19|20)\d\d)(?=[ :]|$))?(?: (?:UTC|GMT|Z)(?=:))?/;

export interface BsdTime {
  seconds: number;
  nanos: number;
  /** The position behind it. */
  end: number;
}

/** Reads the time at the position, in UTC; null when it is none. */
export function bsdTime(source: Buffer, start: number, end: number, receivedAtMs: number): BsdTime | null {
  // Most of what is no time ends here: no regular expression, no string.
  if (source[start + 3] !== 0x20 || end - start < 14) return null;
  const text = source.toString('latin1', start, Math.min(end, start + TEXT_BYTES_MAX));
  const match = TIME.exec(text);
  const month = match === null ? undefined : MONTH_OF_NAME.get(match[1]);
  if (match === null || month === undefined) return null;
  const [whole, , day, yearBefore, hour, minute, second, fraction = '', yearBehind] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const timeMs = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
  const year = yearBefore ?? yearBehind;
  const atMs =
    year === undefined
      ? latest(month, Number(day), timeMs, receivedAtMs)
      : dayMs(Number(year), month, Number(day)) + timeMs;
  if (Number.isNaN(atMs)) return null;
  return { seconds: atMs / 1000, nanos: Number(fraction.padEnd(9, '0')), end: start + whole.length };
}

/** In the latest year in which it lies at most a day ahead: clocks differ, and years turn. */
function latest(month: number, day: number, timeMs: number, receivedAtMs: number): number {
  const year = new Date(receivedAtMs).getUTCFullYear();
  // Four years back for February 29th.
  for (let back = -1; back <= 8; back++) {
    const atMs = dayMs(year - back, month, day) + timeMs;
    if (atMs <= receivedAtMs + DAY_MS) return atMs;
  }
  return Number.NaN;
}

/** NaN when there is no such day. */
function dayMs(year: number, month: number, day: number): number {
  const ms = Date.UTC(year, month, day);
  const date = new Date(ms);
  return date.getUTCMonth() === month && date.getUTCDate() === day ? ms : Number.NaN;
}
