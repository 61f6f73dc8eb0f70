import type { GoFunction } from './function.ts';
import { GoTime } from './time.ts';
import { GoInt, type GoValue, monthName, weekdayName } from './value.ts';

/** A method that templates may call on a value: those of time.Time that take no other Go types. Null for a field. */
export function member(receiver: GoValue, name: string): GoFunction | null {
  if (receiver instanceof GoTime && Object.hasOwn(TIME_METHODS, name)) {
    const method = TIME_METHODS[name];
    return method === undefined ? null : noArguments(() => method(receiver));
  }
  if (receiver instanceof GoTime && name === 'Format')
    return {
      params: ['string'],
      rest: null,
      call: ([layout]) => receiver.format(typeof layout === 'string' ? layout : ''),
    };
  if (receiver instanceof GoInt && name === 'String') {
    if (receiver.type === 'time.Month') return noArguments(() => monthName(Number(receiver.value)));
    if (receiver.type === 'time.Weekday') return noArguments(() => weekdayName(Number(receiver.value)));
  }
  return null;
}

function noArguments(call: () => GoValue): GoFunction {
  return { params: [], rest: null, call };
}

const TIME_METHODS: Readonly<Record<string, (time: GoTime) => GoValue>> = {
  Unix: (time) => new GoInt(BigInt(time.seconds), 'int64'),
  UnixMilli: (time) =>
    new GoInt(time.unixNanos() / 1_000_000n - (time.unixNanos() % 1_000_000n < 0n ? 1n : 0n), 'int64'),
  UnixMicro: (time) => new GoInt(time.unixNanos() / 1000n - (time.unixNanos() % 1000n < 0n ? 1n : 0n), 'int64'),
  UnixNano: (time) => new GoInt(time.unixNanos(), 'int64'),
  Year: (time) => new GoInt(BigInt(time.fields().year)),
  Month: (time) => new GoInt(BigInt(time.fields().month), 'time.Month'),
  Day: (time) => new GoInt(BigInt(time.fields().day)),
  YearDay: (time) => new GoInt(BigInt(time.fields().yearDay)),
  Weekday: (time) => new GoInt(BigInt(time.fields().weekday), 'time.Weekday'),
  Hour: (time) => new GoInt(BigInt(time.fields().hour)),
  Minute: (time) => new GoInt(BigInt(time.fields().minute)),
  Second: (time) => new GoInt(BigInt(time.fields().second)),
  Nanosecond: (time) => new GoInt(BigInt(time.nanos)),
  UTC: (time) => time.in('UTC'),
  Local: (time) => time.in('UTC'),
  IsZero: (time) => time.isZero(),
  String: (time) => time.toString(),
};
