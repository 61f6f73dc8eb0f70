import { type LayoutPart, layoutParts } from './layout.ts';
import { GoTime } from './time.ts';
import { monthName, weekdayName } from './value.ts';
import { abbreviationAt, offsetAt, type Zone } from './zone.ts';

interface Parsed {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanos: number;
  isPm: boolean | null;
  offset: number | null;
  zoneName: string;
  isUtc: boolean;
}

/** Reads one part: answers where it ends, or null when the text does not have it. */
type Reader = (text: string, at: number, into: Parsed) => number | null;

/** A text as Go's time.ParseInLocation reads it by a layout; null when Go reports an error. */
export function parseTime(layout: string, text: string, zone: Zone): GoTime | null {
  const into: Parsed = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanos: 0,
    isPm: null,
    offset: null,
    zoneName: '',
    isUtc: false,
  };
  const parts = layoutParts(layout);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const next = readPart(part, parts[index + 1], text, at, into);
    if (next === null) return null;
    at = next;
  }
  return at === text.length ? assemble(into, zone) : null;
}

function readPart(
  part: LayoutPart,
  after: LayoutPart | undefined,
  text: string,
  at: number,
  into: Parsed,
): number | null {
  if (part.kind === 'literal') return skipLiteral(part.text, text, at);
  if (part.kind === 'fraction') return readFraction(part, text, at, into);
  const reader = READERS[part.std];
  const end = reader === undefined ? null : reader(text, at, into);
  const isSecond = part.std === '05' || part.std === '5';
  // Go takes a fraction behind the seconds though the layout has none.
  if (end === null || !isSecond || after?.kind === 'fraction') return end;
  const [, digits] = /^[.,]([0-9]+)/.exec(text.slice(end, end + 64)) ?? [];
  return digits === undefined ? end : takeNanos(digits, end + 1, into);
}

/** A run of spaces in the layout stands for any run of them. */
function skipLiteral(literal: string, text: string, start: number): number | null {
  let at = start;
  for (let index = 0; index < literal.length; index += 1) {
    if (literal[index] === ' ') {
      if (at < text.length && text[at] !== ' ') return null;
      while (literal[index + 1] === ' ') index += 1;
      while (text[at] === ' ') at += 1;
    } else if (text[at] === literal[index]) at += 1;
    else return null;
  }
  return at;
}

function readFraction(part: LayoutPart & { kind: 'fraction' }, text: string, at: number, into: Parsed): number | null {
  const [, digits = ''] = /^[.,]([0-9]*)/.exec(text.slice(at, at + 64)) ?? [];
  if (part.trims) return digits === '' ? at : takeNanos(digits, at + 1, into);
  return digits.length < part.digits ? null : takeNanos(digits.slice(0, part.digits), at + 1, into);
}

function takeNanos(digits: string, at: number, into: Parsed): number {
  into.nanos = Number(digits.slice(0, 9).padEnd(9, '0'));
  return at + digits.length;
}

/** A number of one digit to `digits`, or of exactly so many. */
function number(
  digits: number,
  isFixed: boolean,
  low: number,
  high: number,
  store: (into: Parsed, value: number) => void,
): Reader {
  const pattern = new RegExp(isFixed ? `[0-9]{${digits}}` : `[0-9]{1,${digits}}`, 'y');
  return (text, at, into) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined || Number(found) < low || Number(found) > high) return null;
    store(into, Number(found));
    return at + found.length;
  };
}

function padded(reader: Reader, spaces: number): Reader {
  return (text, at, into) => {
    let start = at;
    while (start < at + spaces && text[start] === ' ') start += 1;
    return reader(text, start, into);
  };
}

function name(names: readonly string[], store: (into: Parsed, index: number) => void): Reader {
  return (text, at, into) => {
    const index = names.findIndex(
      (candidate) => text.slice(at, at + candidate.length).toLowerCase() === candidate.toLowerCase(),
    );
    const found = names[index];
    if (found === undefined) return null;
    store(into, index);
    return at + found.length;
  };
}

function half(am: string, pm: string): Reader {
  return (text, at, into) => {
    const found = text.slice(at, at + 2);
    if (found !== am && found !== pm) return null;
    into.isPm = found === pm;
    return at + 2;
  };
}

function offset(std: string): Reader {
  const isColon = std.includes(':');
  const pattern = std.replace(/^[-Z]/, '').replaceAll(/0[07]/g, '([0-9]{2})');
  const shape = new RegExp(`([+-])${pattern}`, 'y');
  return (text, at, into) => {
    if (std.startsWith('Z') && text[at] === 'Z') {
      into.isUtc = true;
      return at + 1;
    }
    shape.lastIndex = at;
    const [found, sign, hours = '0', minutes = '0', seconds = '0'] = shape.exec(text) ?? [];
    if (found === undefined) return null;
    if (Number(hours) > 24 || Number(minutes) > 60 || (isColon && Number(seconds) > 60)) return null;
    const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    into.offset = sign === '-' ? -size : size;
    return at + found.length;
  };
}

/** An abbreviation: three or four capitals (four end in T), five of some zones, GMT with an offset, or a signed number. */
const ABBREVIATION =
  /UTC|ChST|MeST|GMT(?:[+-][0-9]{1,2})?|WITA|[+-][0-9]{2}(?:[0-9]{2})?|[A-Z]{4}T(?![A-Z])|[A-Z]{3}T(?![A-Z])|[A-Z]{3}(?![A-Z])/y;

const zoneName: Reader = (text, at, into) => {
  ABBREVIATION.lastIndex = at;
  const found = ABBREVIATION.exec(text)?.[0];
  if (found === undefined) return null;
  if (found === 'UTC') into.isUtc = true;
  else into.zoneName = found;
  return at + found.length;
};

const MONTHS = Array.from({ length: 12 }, (_, index) => monthName(index + 1));
const DAYS = Array.from({ length: 7 }, (_, index) => weekdayName(index));
const short = (names: readonly string[]) => names.map((full) => full.slice(0, 3));
const storeMonth = (into: Parsed, value: number) => {
  into.month = value;
};
const storeDay = (into: Parsed, value: number) => {
  into.day = value;
};
const storeHour = (into: Parsed, value: number) => {
  into.hour = value;
};
const storeMinute = (into: Parsed, value: number) => {
  into.minute = value;
};
const storeSecond = (into: Parsed, value: number) => {
  into.second = value;
};
const storeYearDay = (into: Parsed, value: number) => {
  into.yearDay = value;
};
const ignore = () => undefined;
const OFFSETS = ['-070000', '-07:00:00', '-0700', '-07:00', '-07', 'Z070000', 'Z07:00:00', 'Z0700', 'Z07:00', 'Z07'];

const READERS: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(OFFSETS.map((std) => [std, offset(std)])),
  '2006': number(4, true, 0, 9999, (into, value) => {
    into.year = value;
  }),
  '06': number(2, true, 0, 99, (into, value) => {
    into.year = value + (value >= 69 ? 1900 : 2000);
  }),
  January: name(MONTHS, (into, index) => storeMonth(into, index + 1)),
  Jan: name(short(MONTHS), (into, index) => storeMonth(into, index + 1)),
  '01': number(2, true, 1, 12, storeMonth),
  '1': number(2, false, 1, 12, storeMonth),
  Monday: name(DAYS, ignore),
  Mon: name(short(DAYS), ignore),
  '02': number(2, true, 0, 99, storeDay),
  _2: padded(number(2, false, 0, 99, storeDay), 1),
  '2': number(2, false, 0, 99, storeDay),
  '002': number(3, true, 0, 999, storeYearDay),
  __2: padded(number(3, false, 0, 999, storeYearDay), 2),
  '15': number(2, false, 0, 23, storeHour),
  '03': number(2, true, 0, 12, storeHour),
  '3': number(2, false, 0, 12, storeHour),
  '04': number(2, true, 0, 59, storeMinute),
  '4': number(2, false, 0, 59, storeMinute),
  '05': number(2, true, 0, 59, storeSecond),
  '5': number(2, false, 0, 59, storeSecond),
  PM: half('AM', 'PM'),
  pm: half('am', 'pm'),
  MST: zoneName,
};

function assemble(parsed: Parsed, zone: Zone): GoTime | null {
  const hour = hour24(parsed);
  const date = calendarDate(parsed);
  if (date === null) return null;
  const { minute, second, nanos } = parsed;
  const local = Math.floor(date / 1000) + hour * 3600 + minute * 60 + second;
  if (parsed.isUtc) return new GoTime(local, nanos, 'UTC');
  if (parsed.offset !== null) {
    const seconds = local - parsed.offset;
    const isLocal = offsetAt(zone, seconds) === parsed.offset;
    const named = parsed.zoneName === '' || parsed.zoneName === abbreviationAt(zone, seconds);
    return new GoTime(seconds, nanos, isLocal && named ? zone : { offset: parsed.offset, name: parsed.zoneName });
  }
  if (parsed.zoneName !== '') return inNamedZone(local, parsed, zone);
  return new GoTime(toUtc(local, zone), nanos, zone);
}

function hour24({ hour, isPm }: Parsed): number {
  if (isPm === true && hour < 12) return hour + 12;
  return isPm === false && hour === 12 ? 0 : hour;
}

/** The day's begin in ms, as if in UTC; null for a date that is not in the calendar. */
function calendarDate(parsed: Parsed): number | null {
  let { month, day } = parsed;
  const { year, yearDay } = parsed;
  if (yearDay >= 0) {
    const date = new Date(new Date(0).setUTCFullYear(year, 0, yearDay));
    if (yearDay < 1 || date.getUTCFullYear() !== year) return null;
    if (month >= 0 && month !== date.getUTCMonth() + 1) return null;
    if (day >= 0 && day !== date.getUTCDate()) return null;
    return date.getTime();
  }
  if (month < 0) month = 1;
  if (day < 0) day = 1;
  const ms = new Date(0).setUTCFullYear(year, month - 1, day);
  return day < 1 || new Date(ms).getUTCDate() !== day ? null : ms;
}

/** A zone by its abbreviation is only known when it is one of the location's own; otherwise it is UTC by another name. */
function inNamedZone(local: number, { zoneName: abbreviation, nanos }: Parsed, zone: Zone): GoTime {
  const seconds = toUtc(local, zone);
  for (const candidate of [seconds, seconds - 182 * 86_400, seconds + 182 * 86_400]) {
    if (abbreviationAt(zone, candidate) !== abbreviation) continue;
    return new GoTime(local - offsetAt(zone, candidate), nanos, zone);
  }
  const hours = /^GMT([+-][0-9]+)$/.exec(abbreviation)?.[1];
  const fixed = hours === undefined ? 0 : Number(hours) * 3600;
  return new GoTime(local - fixed, nanos, { offset: fixed, name: abbreviation });
}

function toUtc(local: number, zone: Zone): number {
  const utc = local - offsetAt(zone, local);
  return local - offsetAt(zone, utc);
}
