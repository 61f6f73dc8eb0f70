import { goQuote, parseGoFloat } from '../../../../query/logql/values/index.ts';
import { PermanentError } from '../../../../runtime/errors.ts';
import { isInt64 } from './go-numbers.ts';

/** Nanoseconds of each unit of a Prometheus duration, in the order in which units may follow each other. */
const UNITS: readonly (readonly [unit: string, ns: bigint])[] = [
  ['y', 31_536_000_000_000_000n],
  ['w', 604_800_000_000_000n],
  ['d', 86_400_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['m', 60_000_000_000n],
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
];
/** Of a uint64. */
const DIGITS_MAX = 20;
const UINT64_MAX = (1n << 64n) - 1n;

/**
 * A Prometheus duration (`5m`, `1h30m`, `0`) in nanoseconds, or the words of Prometheus' own parser where it is none:
 * https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations
 */
export function parsePrometheusDuration(text: string): bigint | { error: string } {
  if (text === '0') return 0n;
  if (text === '') return { error: 'empty duration string' };
  const invalid = { error: `not a valid duration string: ${goQuote(text)}` };
  let total = 0n;
  let nextUnit = 0;
  for (let rest = text; rest !== ''; ) {
    const part = /^(\d+)([^\d]+)/.exec(rest);
    if (part === null || part[1]!.replace(/^0+/, '').length > DIGITS_MAX) return invalid;
    const [whole, digits, unit] = part as unknown as [string, string, string];
    const count = BigInt(digits);
    if (count > UINT64_MAX) return invalid;
    const place = UNITS.findIndex(([name]) => name === unit);
    if (place < 0) return { error: `unknown unit ${goQuote(unit)} in duration ${goQuote(text)}` };
    if (place < nextUnit) return invalid;
    nextUnit = place + 1;
    total += count * UNITS[place]![1];
    if (!isInt64(total)) return { error: 'duration out of range' };
    rest = rest.slice(whole.length);
  }
  return total;
}

/**
 * `step` and `interval`: seconds as a decimal number, or a Prometheus duration; in nanoseconds.
 * @throws PermanentError `invalid_parameter` in Loki's words.
 */
export function parseSecondsOrDuration(text: string, name: string): bigint {
  const seconds = parseGoFloat(text);
  if (seconds !== null) {
    const ns = seconds * 1e9;
    if (Math.abs(ns) > 2 ** 63) {
      const message = `cannot parse ${goQuote(text)} to a valid duration. It overflows int64`;
      throw new PermanentError('invalid_parameter', message, name);
    }
    return Number.isNaN(ns) ? 0n : BigInt(Math.trunc(ns));
  }
  const duration = parsePrometheusDuration(text);
  if (typeof duration === 'bigint') return duration;
  throw new PermanentError('invalid_parameter', `cannot parse ${goQuote(text)} to a valid duration`, name);
}
