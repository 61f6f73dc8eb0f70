/**
 * Times of the page. A range is two texts as the API takes them: `-15m`, `now`, or ISO 8601; an empty `to` is now, and goes
 * on being now.
 */
export interface TimeRange {
  from: string;
  to: string;
}

/** `local`, `UTC` or a name of the IANA database. */
export type TimeZone = string;

export const RANGE_DEFAULT: TimeRange = { from: '-1h', to: '' };

export const RANGE_PRESETS: readonly { label: string; from: string }[] = [
  { label: 'Last 5 minutes', from: '-5m' },
  { label: 'Last 15 minutes', from: '-15m' },
  { label: 'Last hour', from: '-1h' },
  { label: 'Last 6 hours', from: '-6h' },
  { label: 'Last 24 hours', from: '-24h' },
  { label: 'Last 7 days', from: '-7d' },
  { label: 'Last 30 days', from: '-30d' },
];

const UNIT_MS: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
const RELATIVE = /^(?:now)?(?:-((?:\d+(?:ms|[wdhms]))+))?$/;

/** Whether the text moves with the clock. */
export const isRelative = (text: string): boolean => text !== '' && RELATIVE.test(text);

/** Milliseconds since the epoch of a time text; null when it is none. Empty is now. */
export function timeMs(text: string, nowMs: number): number | null {
  const relative = RELATIVE.exec(text);
  if (relative) {
    const parts = [...(relative[1] ?? '').matchAll(/(\d+)(ms|[wdhms])/g)];
    return parts.reduce((ms, [, count, unit]) => ms - Number(count) * UNIT_MS[unit!]!, nowMs);
  }
  if (EPOCH.test(text)) return epochMs(Number(text));
  // As the API reads it: UTC where no zone is given.
  const ms = Date.parse(WALL_CLOCK.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  return Number.isNaN(ms) ? null : ms;
}

const EPOCH = /^\d{9,19}(?:\.\d+)?$/;
const WALL_CLOCK = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;

/** Seconds, ms, µs or ns, told apart by size. */
const epochMs = (value: number): number =>
  value < 1e11 ? value * 1000 : value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6;

/** A date and clock without a zone, as one of the zone: ISO 8601 in UTC. Any other text as it is. */
export function instantIn(text: string, zone: TimeZone): string {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const asUtcMs = isDate || WALL_CLOCK.test(text) ? timeMs(text, 0) : null;
  if (asUtcMs === null) return text;
  const ahead = (ms: number) => timeMs(formatTime(ms, zone), 0)! - ms;
  // The second look is for the hours beside a change of the clocks.
  const nearMs = asUtcMs - ahead(asUtcMs);
  return new Date(asUtcMs - ahead(nearMs)).toISOString();
}

/** Both ends in milliseconds. What cannot be read counts as the default. */
export function resolveRange({ from, to }: TimeRange, nowMs: number): { fromMs: number; toMs: number } {
  const toMs = timeMs(to, nowMs) ?? nowMs;
  return { fromMs: timeMs(from, nowMs) ?? toMs - UNIT_MS.h!, toMs };
}

/** The same range with ends that stay. */
export function absoluteRange(range: TimeRange, nowMs: number): TimeRange {
  const { fromMs, toMs } = resolveRange(range, nowMs);
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}

/** The range of the same length just before it. */
export function rangeBefore(range: TimeRange, nowMs: number): TimeRange {
  const { fromMs, toMs } = resolveRange(range, nowMs);
  return { from: new Date(fromMs - (toMs - fromMs)).toISOString(), to: new Date(fromMs).toISOString() };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: TimeZone, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      hourCycle: 'h23',
      ...options,
      ...(zone !== 'local' && { timeZone: zone }),
    });
    formats.set(key, format);
  }
  return format;
}

const DATE: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit' };
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };

function partsOf(format: Intl.DateTimeFormat, ms: number): Record<string, string> {
  return Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
}

/** `2026-11-21`. */
export function formatDate(time: string | number, zone: TimeZone): string {
  const { year, month, day } = partsOf(formatOf(zone, DATE), msOf(time));
  return `${year}-${month}-${day}`;
}

/** `10:00:00.123`: as many digits of the second as asked, taken from the text, which may have nine. */
export function formatClock(time: string | number, zone: TimeZone, digits = 3): string {
  const { hour, minute, second } = partsOf(formatOf(zone, CLOCK), msOf(time));
  const fraction = typeof time === 'string' ? (/\.(\d+)/.exec(time)?.[1] ?? '') : String(time % 1000).padStart(3, '0');
  const shown = digits === 0 ? '' : `.${fraction.padEnd(9, '0').slice(0, digits)}`;
  return `${hour}:${minute}:${second}${shown}`;
}

/** `2026-11-21 10:00:00.123`. */
export function formatTime(time: string | number, zone: TimeZone, digits = 3): string {
  return `${formatDate(time, zone)} ${formatClock(time, zone, digits)}`;
}

/** For an axis: the date where days are apart, the clock otherwise. */
export function formatTick(ms: number, zone: TimeZone, stepMs: number): string {
  if (stepMs >= 86_400_000) return formatDate(ms, zone).slice(5);
  return formatClock(ms, zone, 0).slice(0, stepMs < 60_000 ? 8 : 5);
}

/** `12 s ago`, `3 min ago`, `5 d ago`. */
export function formatAgo(time: string | number, nowMs: number): string {
  const seconds = Math.round((nowMs - msOf(time)) / 1000);
  if (seconds < 0) return `in ${agoText(-seconds)}`;
  return seconds < 2 ? 'just now' : `${agoText(seconds)} ago`;
}

function agoText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** What a range is called: `Last 15 minutes`, or its two ends. */
export function describeRange({ from, to }: TimeRange, zone: TimeZone): string {
  const preset = to === '' || to === 'now' ? RANGE_PRESETS.find((one) => one.from === from) : undefined;
  if (preset !== undefined) return preset.label;
  if (isRelative(from) && (to === '' || to === 'now')) return `Last ${from.replace(/^(now)?-/, '')}`;
  const end = (text: string) => {
    if (text === '' || isRelative(text)) return text || 'now';
    const ms = timeMs(text, 0);
    return ms === null ? text : formatTime(ms, zone, 0);
  };
  return `${end(from)} – ${end(to)}`;
}

function msOf(time: string | number): number {
  return typeof time === 'number' ? time : Date.parse(time);
}
