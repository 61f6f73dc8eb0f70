import { quoteInTimeError } from './quote.ts';

/** Whole seconds and the nanoseconds behind them, both with the sign left off. */
interface Span {
  seconds: number;
  nanos: number;
}

type Failure = 'invalid' | 'missing unit' | { unknownUnit: string };

const UNIT_NANOS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);
/** The longest duration that an int64 of nanoseconds holds; a negative one may be a nanosecond longer. */
const MAX_SECONDS = 9_223_372_036;
const MAX_NANOS = 854_775_807;
const MAX_INT64 = (1n << 63n) - 1n;
/** So many digits are exact in a double; longer numbers are rare and take the way over bigint. */
const EXACT_DIGITS = 15;

/** A duration as Go's time.ParseDuration reads it, in seconds; no days, no bare number but 0. Null when Go reports an error. */
export function parseGoDuration(text: string): number | null {
  const span = readDuration(text);
  if (typeof span === 'string' || 'unknownUnit' in span) return null;
  const seconds = span.seconds + span.nanos / 1e9;
  return text.charCodeAt(0) === 45 && seconds !== 0 ? -seconds : seconds;
}

/** Go's text for what `parseGoDuration` answers null to. */
export function durationError(text: string): string {
  const failure = readDuration(text);
  const quoted = quoteInTimeError(text);
  if (failure === 'missing unit') return `time: missing unit in duration ${quoted}`;
  if (typeof failure === 'object' && 'unknownUnit' in failure)
    return `time: unknown unit ${quoteInTimeError(failure.unknownUnit)} in duration ${quoted}`;
  return `time: invalid duration ${quoted}`;
}

function readDuration(text: string): Span | Failure {
  const first = text.charCodeAt(0);
  const negative = first === 45;
  let at = negative || first === 43 ? 1 : 0;
  if (at === text.length) return 'invalid';
  const span: Span = { seconds: 0, nanos: 0 };
  if (text.length === at + 1 && text.charCodeAt(at) === 48) return span;
  while (at < text.length) {
    const wholeEnd = skipDigits(text, at);
    const hasPoint = text.charCodeAt(wholeEnd) === 46;
    const numberEnd = hasPoint ? skipDigits(text, wholeEnd + 1) : wholeEnd;
    if (wholeEnd === at && numberEnd <= wholeEnd + 1) return 'invalid';
    const whole = text.slice(at, wholeEnd);
    // Go reads the number into an int64 before it looks at the unit.
    if (whole.length > 18 && BigInt(whole) > MAX_INT64 + 1n) return 'invalid';
    const unitEnd = skipUnit(text, numberEnd);
    if (unitEnd === numberEnd) return 'missing unit';
    const unitName = text.slice(numberEnd, unitEnd);
    const unit = UNIT_NANOS.get(unitName);
    if (unit === undefined) return { unknownUnit: unitName };
    addWhole(span, whole, unit);
    if (hasPoint) addFraction(span, text.slice(wholeEnd + 1, numberEnd), unit);
    if (overflows(span, negative)) return 'invalid';
    at = unitEnd;
  }
  return span;
}

function skipDigits(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) break;
  }
  return at;
}

function skipUnit(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 46 || (code >= 48 && code <= 57)) break;
  }
  return at;
}

function addWhole(span: Span, digits: string, unit: number): void {
  if (digits === '') return;
  if (unit >= 1e9) {
    span.seconds += Number(digits) * (unit / 1e9);
    return;
  }
  const perSecond = 1e9 / unit;
  if (digits.length > EXACT_DIGITS) {
    const whole = BigInt(digits);
    add(span, Number(whole / BigInt(perSecond)), Number(whole % BigInt(perSecond)) * unit);
    return;
  }
  const whole = Number(digits);
  add(span, Math.floor(whole / perSecond), (whole % perSecond) * unit);
}

/** Go multiplies the fraction's digits as a double and cuts off below the nanosecond; digits past an int64 do not count. */
function addFraction(span: Span, digits: string, unit: number): void {
  if (digits === '') return;
  let counted = digits;
  if (digits.length > 18) counted = digits.slice(0, countedFractionDigits(digits));
  const nanos = Math.floor(Number(counted) * (unit / 10 ** counted.length));
  add(span, Math.floor(nanos / 1e9), nanos % 1e9);
}

function countedFractionDigits(digits: string): number {
  let value = 0n;
  for (let at = 0; at < digits.length; at += 1) {
    const next = value * 10n + BigInt(digits.charAt(at));
    if (value > MAX_INT64 / 10n || next > MAX_INT64 + 1n) return at;
    value = next;
  }
  return digits.length;
}

function add(span: Span, seconds: number, nanos: number): void {
  span.seconds += seconds;
  span.nanos += nanos;
  if (span.nanos >= 1e9) {
    span.nanos -= 1e9;
    span.seconds += 1;
  }
}

function overflows(span: Span, negative: boolean): boolean {
  if (span.seconds !== MAX_SECONDS) return span.seconds > MAX_SECONDS;
  return span.nanos > MAX_NANOS + (negative ? 1 : 0);
}

/** Go's time.Duration.String() of whole nanoseconds: `1h2m3.5s`, `1.5ms`, `0s`. */
export function formatGoDuration(nanos: number): string {
  const sign = nanos < 0 ? '-' : '';
  const size = Math.abs(nanos);
  if (size === 0) return '0s';
  if (size < 1e3) return `${sign}${size}ns`;
  if (size < 1e6) return `${sign}${withFraction(size, 1e3)}µs`;
  if (size < 1e9) return `${sign}${withFraction(size, 1e6)}ms`;
  const hours = Math.floor(size / 3600e9);
  const minutes = Math.floor((size % 3600e9) / 60e9);
  const seconds = `${withFraction(size % 60e9, 1e9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : sign + seconds;
}

function withFraction(nanos: number, unit: number): string {
  const rest = nanos % unit;
  const whole = String((nanos - rest) / unit);
  if (rest === 0) return whole;
  const digits = String(rest).padStart(String(unit).length - 1, '0');
  return `${whole}.${digits.replace(/0+$/, '')}`;
}

/** Parts of Prometheus' durations; years, weeks and days only where they come out even. */
const PROMETHEUS_UNITS: readonly (readonly [unit: string, ms: number, exactOnly: boolean])[] = [
  ['y', 365 * 86_400_000, true],
  ['w', 7 * 86_400_000, true],
  ['d', 86_400_000, false],
  ['h', 3_600_000, false],
  ['m', 60_000, false],
  ['s', 1000, false],
  ['ms', 1, false],
];

/** Prometheus' model.Duration text of whole milliseconds: `30d1h`, `2w`, `1h30m`, `0s`. */
export function formatPrometheusDuration(ms: number): string {
  if (ms === 0) return '0s';
  let text = ms < 0 ? '-' : '';
  let rest = Math.abs(ms);
  for (const [unit, unitMs, exactOnly] of PROMETHEUS_UNITS) {
    if (exactOnly && rest % unitMs !== 0) continue;
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
}
