import type { GoTime } from './time.ts';

/** What Go's text/template and Loki's functions report, in Go's words. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** A failure inside a function: the executor adds where in the template it happened. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
}

export type IntType = 'int' | 'int64' | 'uint8' | 'time.Month' | 'time.Weekday';

/** A Go integer of 64 bits at most; its type decides what it prints as and what it may be compared with. */
export class GoInt {
  readonly value: bigint;
  readonly type: IntType;

  constructor(value: bigint, type: IntType = 'int') {
    this.value = value;
    this.type = type;
  }
}

/** What encoding/json makes of an object: map[string]interface {}. */
export class JsonObject {
  readonly entries: ReadonlyMap<string, GoValue>;

  constructor(entries: ReadonlyMap<string, GoValue>) {
    this.entries = entries;
  }
}

/** The labels: map[string]string. */
export type LabelMap = ReadonlyMap<string, string>;

/**
 * A value in a template. A number is a float64; null a nil that has the type interface {} (a missing key of a JSON
 * object); undefined no value at all, as a pipeline makes it of null.
 */
export type GoValue =
  | string
  | number
  | boolean
  | GoInt
  | GoTime
  | JsonObject
  | LabelMap
  | readonly GoValue[]
  | null
  | undefined;

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** January is 1. */
export function monthName(month: number): string {
  return MONTHS[month - 1] ?? `%!Month(${month})`;
}

/** Sunday is 0. */
export function weekdayName(day: number): string {
  return WEEKDAYS[day] ?? `%!Weekday(${day})`;
}

export function isLabelMap(value: GoValue): value is LabelMap {
  return value instanceof Map;
}

export function isArray(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value);
}

/** The name that Go's %T prints; of nil `interface {}`. */
export function typeName(value: GoValue): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (value === null || value === undefined) return 'interface {}';
  if (value instanceof GoInt) return value.type;
  if (isArray(value)) return '[]interface {}';
  if (value instanceof JsonObject) return 'map[string]interface {}';
  return isLabelMap(value) ? 'map[string]string' : 'time.Time';
}

/** Whether `if`, `with`, `and`, `or` and `not` take the value for true; the opposite of Sprig's empty. */
export function isTrue(value: GoValue): boolean {
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (value === null || value === undefined) return false;
  if (value instanceof GoInt) return value.value !== 0n;
  if (isArray(value)) return value.length > 0;
  if (value instanceof JsonObject) return value.entries.size > 0;
  return isLabelMap(value) ? value.size > 0 : true;
}

/** The order of strings in Go: by their UTF-8 bytes, which is the order of code points and not that of UTF-16. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a === b) continue;
    const shift = a >= 0xd800 && b >= 0xd800;
    return shift ? surrogatesLast(a) - surrogatesLast(b) : a - b;
  }
  return left.length - right.length;
}

/** UTF-16 has surrogates before U+E000; UTF-8 has what they stand for behind U+FFFF. */
function surrogatesLast(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** Entries of a map of either kind, sorted by key as Go's fmt and range sort them. */
export function sortedEntries(map: ReadonlyMap<string, GoValue>): [string, GoValue][] {
  return [...map].sort(([left], [right]) => compareText(left, right));
}
