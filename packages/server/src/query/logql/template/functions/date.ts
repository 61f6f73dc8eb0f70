import { goQuote } from '../../values/index.ts';
import { type FunctionTable, type GoFunction, stringOf } from '../function.ts';
import { GoTime } from '../time.ts';
import { parseTime } from '../timeparse.ts';
import { FunctionError, GoInt, type GoValue } from '../value.ts';
import { loadZone } from '../zone.ts';

const INT64_MAX = (1n << 63n) - 1n;
/** By the number of digits of a Unix time: days, seconds, milliseconds, microseconds, nanoseconds. */
const UNIT_NANOS: Readonly<Record<number, bigint>> = {
  5: 86_400_000_000_000n,
  10: 1_000_000_000n,
  13: 1_000_000n,
  16: 1000n,
  19: 1n,
};

function unixToTime(text: string): GoTime {
  const failure = (why: string) => new FunctionError(`unable to parse time '${text}': ${why}`);
  if (!/^[+-]?[0-9]+$/.test(text)) throw failure(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  const value = BigInt(text.replace('+', ''));
  if (value > INT64_MAX || value < -INT64_MAX - 1n)
    throw failure(`strconv.ParseInt: parsing ${goQuote(text)}: value out of range`);
  const unit = UNIT_NANOS[text.length];
  // Go formats an error that is not there.
  if (unit === undefined) throw failure('%!w(<nil>)');
  return GoTime.ofNanos(value * unit);
}

function now(): GoTime {
  return GoTime.ofNanos(BigInt(Date.now()) * 1_000_000n);
}

/** Sprig's date takes whole seconds for a time, and the present time for anything else. */
function dateOf(value: GoValue): GoTime {
  if (value instanceof GoTime) return value.in('UTC');
  const isSeconds = value instanceof GoInt && (value.type === 'int' || value.type === 'int64');
  return isSeconds ? new GoTime(Number(value.value)) : now();
}

function parseOrZero(layout: string, text: string, zone: string): GoTime {
  return parseTime(layout, text, loadZone(zone)) ?? GoTime.zero();
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

function ofTime(call: (time: GoTime) => GoValue): GoFunction {
  return {
    params: ['time.Time'],
    rest: null,
    call: ([time]) => (time instanceof GoTime ? call(time) : null),
  };
}

export const DATE_FUNCTIONS: FunctionTable = {
  date: {
    params: ['string', 'interface {}'],
    rest: null,
    call: ([layout, value]) => dateOf(value).format(stringOf(layout)),
  },
  toDate: {
    params: ['string', 'string'],
    rest: null,
    call: ([layout, text]) => parseOrZero(stringOf(layout), stringOf(text), 'UTC'),
  },
  toDateInZone: {
    params: ['string', 'string', 'string'],
    rest: null,
    call: ([layout, zone, text]) => parseOrZero(stringOf(layout), stringOf(text), stringOf(zone)),
  },
  now: { params: [], rest: null, call: now },
  unixToTime: { params: ['string'], rest: null, call: ([text]) => unixToTime(stringOf(text)) },
  unixEpoch: ofTime((time) => String(time.seconds)),
  unixEpochMillis: ofTime((time) => String(BigInt(time.seconds) * 1000n + floorDivide(BigInt(time.nanos), 1_000_000n))),
  unixEpochNanos: ofTime((time) => String(time.unixNanos())),
  __timestamp__: {
    params: [],
    rest: null,
    call: (_, { timeMs, timeNs }) => GoTime.ofNanos(BigInt(timeMs) * 1_000_000n + BigInt(timeNs)),
  },
};
