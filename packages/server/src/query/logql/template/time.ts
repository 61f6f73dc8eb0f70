import { type LayoutPart, layoutParts } from './layout.ts';
import { monthName, weekdayName } from './value.ts';
import { abbreviationAt, offsetAt, type Zone } from './zone.ts';

export interface TimeFields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: number;
  yearDay: number;
}

/** January 1 of the year 1, UTC: Go's zero time, in seconds since the epoch. */
const ZERO_SECONDS = -62_135_596_800;
const DAY_MS = 86_400_000;

/** Go's time.Time: whole seconds since the epoch, nanoseconds behind them, and the zone that it is shown in. */
export class GoTime {
  readonly seconds: number;
  readonly nanos: number;
  readonly zone: Zone;

  constructor(seconds: number, nanos = 0, zone: Zone = 'UTC') {
    this.seconds = seconds;
    this.nanos = nanos;
    this.zone = zone;
  }

  static zero(zone: Zone = 'UTC'): GoTime {
    return new GoTime(ZERO_SECONDS, 0, zone);
  }

  static ofNanos(nanos: bigint): GoTime {
    const rest = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return new GoTime(Number((nanos - rest) / 1_000_000_000n), Number(rest));
  }

  in(zone: Zone): GoTime {
    return new GoTime(this.seconds, this.nanos, zone);
  }

  /** As an int64, which wraps around as Go's does. */
  unixNanos(): bigint {
    return BigInt.asIntN(64, BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanos));
  }

  isZero(): boolean {
    return this.seconds === ZERO_SECONDS && this.nanos === 0;
  }

  offset(): number {
    return offsetAt(this.zone, this.seconds);
  }

  abbreviation(): string {
    return abbreviationAt(this.zone, this.seconds);
  }

  fields(): TimeFields {
    const date = new Date((this.seconds + this.offset()) * 1000);
    const year = date.getUTCFullYear();
    return {
      year,
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      weekday: date.getUTCDay(),
      yearDay: Math.floor((date.getTime() - yearStart(year)) / DAY_MS) + 1,
    };
  }

  /** Go's Time.Format(layout). */
  format(layout: string): string {
    const fields = this.fields();
    if (Number.isNaN(fields.year)) return '';
    return layoutParts(layout)
      .map((part) => this.formatPart(part, fields))
      .join('');
  }

  toString(): string {
    return this.format('2006-01-02 15:04:05.999999999 -0700 MST');
  }

  private formatPart(part: LayoutPart, fields: TimeFields): string {
    if (part.kind === 'literal') return part.text;
    if (part.kind === 'fraction') {
      const digits = String(this.nanos).padStart(9, '0').slice(0, part.digits).padEnd(part.digits, '0');
      if (!part.trims) return part.separator + digits;
      const trimmed = digits.slice(0, 9).replace(/0+$/, '');
      return trimmed === '' ? '' : part.separator + trimmed;
    }
    const { std } = part;
    if (std.startsWith('-07') || std.startsWith('Z07')) return offsetText(this.offset(), std);
    if (std === 'MST') return this.abbreviation() || offsetText(this.offset(), '-0700');
    return FIELD_TEXTS[std]?.(fields) ?? std;
  }
}

function yearStart(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1);
}

function padded(value: number, width: number, fill = '0'): string {
  return String(value).padStart(width, fill);
}

function hour12(hour: number): number {
  return hour % 12 === 0 ? 12 : hour % 12;
}

const FIELD_TEXTS: Readonly<Record<string, (fields: TimeFields) => string>> = {
  '2006': ({ year }) => (year < 0 ? `-${padded(-year, 4)}` : padded(year, 4)),
  '06': ({ year }) => padded(Math.abs(year % 100), 2),
  January: ({ month }) => monthName(month),
  Jan: ({ month }) => monthName(month).slice(0, 3),
  '01': ({ month }) => padded(month, 2),
  '1': ({ month }) => String(month),
  Monday: ({ weekday }) => weekdayName(weekday),
  Mon: ({ weekday }) => weekdayName(weekday).slice(0, 3),
  '02': ({ day }) => padded(day, 2),
  _2: ({ day }) => padded(day, 2, ' '),
  '2': ({ day }) => String(day),
  '002': ({ yearDay }) => padded(yearDay, 3),
  __2: ({ yearDay }) => padded(yearDay, 3, ' '),
  '15': ({ hour }) => padded(hour, 2),
  '03': ({ hour }) => padded(hour12(hour), 2),
  '3': ({ hour }) => String(hour12(hour)),
  '04': ({ minute }) => padded(minute, 2),
  '4': ({ minute }) => String(minute),
  '05': ({ second }) => padded(second, 2),
  '5': ({ second }) => String(second),
  PM: ({ hour }) => (hour >= 12 ? 'PM' : 'AM'),
  pm: ({ hour }) => (hour >= 12 ? 'pm' : 'am'),
};

/** An offset in the shape of a layout's `-0700`, `Z07:00` and so on; `Z` for UTC where the layout begins with it. */
function offsetText(offset: number, std: string): string {
  if (std.startsWith('Z') && offset === 0) return 'Z';
  const size = Math.abs(offset);
  const separator = std.includes(':') ? ':' : '';
  const units = std.replaceAll(':', '').length;
  let text = (offset < 0 ? '-' : '+') + padded(Math.floor(size / 3600), 2);
  if (units > 3) text += separator + padded(Math.floor(size / 60) % 60, 2);
  if (units > 5) text += separator + padded(size % 60, 2);
  return text;
}
