/** Durations of Prometheus (`1w2d`, `5m`, whole numbers in falling units) and of Go (`1.5s`, `2h45m`, `-3µs`), in nanoseconds. */

const MILLISECOND = 1_000_000n;
/** In the order in which Prometheus takes them. */
const PROMETHEUS_UNITS: readonly (readonly [string, bigint])[] = [
  ['y', 365n * 86_400_000n],
  ['w', 7n * 86_400_000n],
  ['d', 86_400_000n],
  ['h', 3_600_000n],
  ['m', 60_000n],
  ['s', 1000n],
  ['ms', 1n],
];
const GO_UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['µs', 1000n],
  ['μs', 1000n],
  ['ms', MILLISECOND],
  ['s', 1000n * MILLISECOND],
  ['m', 60_000n * MILLISECOND],
  ['h', 3_600_000n * MILLISECOND],
]);
/** What Go's int64 holds, about 292 years. */
const MAX_NANOSECONDS = 2n ** 63n - 1n;

/** A Prometheus duration in nanoseconds, or the error text of prometheus/common/model.ParseDuration. */
export function parsePrometheusDuration(text: string, quote: (text: string) => string): bigint | string {
  if (text === '0') return 0n;
  if (text === '') return 'empty duration string';
  const invalid = `not a valid duration string: ${quote(text)}`;
  let total = 0n;
  let last = -1;
  for (let rest = text; rest !== ''; ) {
    const part = /^(\d+)(\D+)/.exec(rest);
    if (part === null) return invalid;
    const [whole, digits = '', unit = ''] = part;
    const value = BigInt(digits);
    if (value >= 2n ** 64n) return invalid;
    const position = PROMETHEUS_UNITS.findIndex(([name]) => name === unit);
    const known = PROMETHEUS_UNITS[position];
    if (known === undefined) return `unknown unit ${quote(unit)} in duration ${quote(text)}`;
    if (position <= last) return invalid;
    last = position;
    total += value * known[1] * MILLISECOND;
    if (total > MAX_NANOSECONDS) return 'duration out of range';
    rest = rest.slice(whole.length);
  }
  return total;
}

/** A Go duration in nanoseconds; null where time.ParseDuration refuses it. */
export function parseGoDuration(text: string): bigint | null {
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  const body = text.slice(sign.length);
  if (body === '0') return 0n;
  if (body === '') return null;
  let total = 0n;
  for (let rest = body; rest !== ''; ) {
    const part = /^(\d*)(?:\.(\d*))?([^\d.]+)/.exec(rest);
    if (part === null) return null;
    const [whole, digits = '', fraction = '', name = ''] = part;
    const unit = GO_UNITS.get(name);
    if (unit === undefined || digits + fraction === '') return null;
    total += BigInt(digits || '0') * unit;
    if (fraction !== '') total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    if (total > MAX_NANOSECONDS) return null;
    rest = rest.slice(whole.length);
  }
  return sign === '-' ? -total : total;
}

/** A duration literal of a query in nanoseconds: Prometheus's form first, then Go's; null when it is neither. */
export function parseDurationLiteral(text: string): bigint | null {
  const value = parsePrometheusDuration(text, (part) => part);
  return typeof value === 'bigint' ? value : parseGoDuration(text);
}

/** A Prometheus duration (`1h30m`, as `step` takes it) in milliseconds; null when it is none. */
export function parseDurationMs(text: string): number | null {
  const value = parsePrometheusDuration(text, (part) => part);
  return typeof value === 'bigint' ? Number(value / MILLISECOND) : null;
}

/** Go's time.Duration.String: `1h0m0s`, `1.5s`, `250ms`. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds < 0n) return `-${formatGoDuration(-nanoseconds)}`;
  if (nanoseconds === 0n) return '0s';
  if (nanoseconds < 1000n) return `${nanoseconds}ns`;
  if (nanoseconds < MILLISECOND) return `${decimal(nanoseconds, 1000n)}µs`;
  if (nanoseconds < 1000n * MILLISECOND) return `${decimal(nanoseconds, MILLISECOND)}ms`;
  const minute = 60_000n * MILLISECOND;
  const minutes = nanoseconds / minute;
  const seconds = `${decimal(nanoseconds % minute, 1000n * MILLISECOND)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`;
}

/** Prometheus's model.Duration.String: `1h30m`, years and weeks only where nothing is left over. Takes milliseconds. */
export function formatPrometheusDuration(durationMs: number): string {
  let rest = BigInt(Math.trunc(Math.abs(durationMs)));
  if (rest === 0n) return '0s';
  let text = durationMs < 0 ? '-' : '';
  for (const [name, unit] of PROMETHEUS_UNITS) {
    if ((name === 'y' || name === 'w') && rest % unit !== 0n) continue;
    const count = rest / unit;
    if (count > 0n) text += `${count}${name}`;
    rest -= count * unit;
  }
  return text;
}
