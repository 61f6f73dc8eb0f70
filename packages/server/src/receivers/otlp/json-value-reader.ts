import { PermanentError } from '../../runtime/errors.ts';
import { CHAR } from '../util/json-scanner.ts';
import { JsonUnescaper } from '../util/json-string.ts';
import { readNumber } from '../util/number.ts';
import { VALUE, ValueRegister } from './any-value.ts';
import { KEY, type Key, keyOf } from './json-keys.ts';
import type { JsonReader } from './json-reader.ts';

/** Longest text that is read as a number: every number of 64 bits has less. */
const NUMBER_BYTES_MAX = 64;
const LETTER = { f: 0x66, n: 0x6e, t: 0x74 } as const;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?\d+$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
const UINT32_MAX = 2 ** 32 - 1;

/**
 * Reads what OTLP's JSON is made of: objects with known names, arrays, and scalars as protobuf's JSON mapping spells them: 64-bit integers as strings or numbers,
 * doubles also as "NaN" and "Infinity", bytes as base64.
 * https://protobuf.dev/programming-guides/json/
 */
export class JsonValueReader {
  readonly value = new ValueRegister();
  /** The last time read, as two words. */
  low = 0;
  high = 0;
  /** What is being read, for errors. */
  field = '';
  /** Whether a wrong value is the fault of one event. Outside of events it is the fault of the body. */
  inEvent = false;

  readonly json: JsonReader;
  private readonly unescaper = new JsonUnescaper();
  private readonly keyUnescaper = new JsonUnescaper();

  constructor(json: JsonReader) {
    this.json = json;
  }

  wrongValue(expected: string, position = this.json.position): PermanentError {
    const { json } = this;
    if (json.next() === -1) json.fail(`expected ${expected}`, json.end);
    const problem = `${this.field} must be ${expected}, at byte ${position}`;
    return this.inEvent
      ? new PermanentError('invalid_field', problem, this.field)
      : new PermanentError('invalid_body', `JSON: ${problem}`);
  }

  /** Moves over `null`, which reads as absent. */
  isNull(): boolean {
    if (this.json.next() !== LETTER.n) return false;
    this.json.readLiteral();
    return true;
  }

  /** Moves to the first member of an object. False, and moves behind it, when it has none. */
  openObject(): boolean {
    return this.open(CHAR.openBrace, CHAR.closeBrace, 'an object');
  }

  openArray(): boolean {
    return this.open(CHAR.openBracket, CHAR.closeBracket, 'an array');
  }

  private open(opening: number, closing: number, expected: string): boolean {
    const { json } = this;
    if (json.next() !== opening) throw this.wrongValue(expected);
    json.position++;
    if (json.next() !== closing) return true;
    json.position++;
    return false;
  }

  /** Reads a member's name and moves to its value. */
  key(): Key {
    const { json, keyUnescaper } = this;
    json.readName();
    let key: Key;
    if (json.escaped) {
      keyUnescaper.unescape(json.source, json.valueFrom, json.valueTo);
      key = keyOf(keyUnescaper.bytes, 0, keyUnescaper.length);
    } else key = keyOf(json.source, json.valueFrom, json.valueTo);
    if (key === KEY.snakeCase) {
      this.field = json.source.toString('utf8', json.valueFrom, json.valueTo);
      throw this.wrongValue('in lowerCamelCase, as in resourceLogs', json.valueFrom);
    }
    return key;
  }

  /** A string into the register. Its bytes are good until the next string is read. */
  string(): void {
    const { json, value } = this;
    if (json.next() !== CHAR.quote) throw this.wrongValue('a string');
    json.readString();
    value.type = VALUE.utf8;
    if (json.escaped) {
      this.unescaper.unescape(json.source, json.valueFrom, json.valueTo);
      value.source = this.unescaper.bytes;
      value.view = this.unescaper.view;
      value.start = 0;
      value.end = this.unescaper.length;
    } else {
      value.source = json.source;
      value.view = json.view;
      value.start = json.valueFrom;
      value.end = json.valueTo;
    }
  }

  text(): string {
    this.string();
    const { source, start, end } = this.value;
    return source.toString('utf8', start, end);
  }

  bool(): void {
    const { json, value } = this;
    const first = json.next();
    if (first !== LETTER.t && first !== LETTER.f) throw this.wrongValue('true or false');
    json.readLiteral();
    value.type = VALUE.bool;
    value.number = first === LETTER.t ? 1 : 0;
  }

  bytes(): void {
    const text = this.text();
    if (!BASE64.test(text)) throw this.wrongValue('base64', this.json.valueFrom);
    this.value.type = VALUE.text;
    this.value.text = Buffer.from(text, 'base64').toString('base64');
  }

  double(): void {
    const { json, value } = this;
    const isString = this.numberSpan('a number');
    const { source, valueFrom, valueTo } = json;
    value.type = VALUE.number;
    if (isString) {
      const text = source.toString('latin1', valueFrom, valueTo);
      const isName = text === 'NaN' || text === 'Infinity' || text === '-Infinity';
      if (!isName && !NUMBER.test(text)) throw this.wrongValue('a number', valueFrom);
      value.number = Number(text);
      if (isName) return;
    } else value.number = readNumber(source, valueFrom, valueTo);
    if (!Number.isFinite(value.number)) throw this.wrongValue('a number that a double can hold', valueFrom);
  }

  /** An int64 into the register: a number where that is exact, else its digits. */
  int64(): void {
    const { value } = this;
    this.numberSpan('a 64-bit integer');
    const small = this.shortInteger();
    if (!Number.isNaN(small)) {
      value.type = VALUE.number;
      value.number = small;
      return;
    }
    const exact = this.longInteger('a 64-bit integer', INT64_MIN, INT64_MAX);
    const number = Number(exact);
    value.type = Number.isSafeInteger(number) ? VALUE.number : VALUE.integer;
    if (value.type === VALUE.number) value.number = number;
    else value.text = String(exact);
  }

  int32(): number {
    return this.integer32('a 32-bit integer', -(2 ** 31), 2 ** 31 - 1);
  }

  uint32(): number {
    return this.integer32('an unsigned 32-bit integer', 0, UINT32_MAX);
  }

  private integer32(expected: string, min: number, max: number): number {
    this.numberSpan(expected);
    const small = this.shortInteger();
    const number = Number.isNaN(small) ? Number(this.longInteger(expected, BigInt(min), BigInt(max))) : small;
    if (number < min || number > max) throw this.wrongValue(expected, this.json.valueFrom);
    return number;
  }

  /** Unsigned nanoseconds into `low` and `high`. */
  time(): void {
    const expected = 'nanoseconds since the epoch, as an unsigned 64-bit integer';
    this.numberSpan(expected);
    const { source, valueFrom, valueTo } = this.json;
    if (this.nanoseconds(source, valueFrom, valueTo)) return;
    const exact = this.longInteger(expected, 0n, UINT64_MAX);
    this.low = Number(exact & 0xffffffffn);
    this.high = Number(exact >> 32n);
  }

  /** The usual form, 10 to 19 digits, without BigInt: seconds and the nine digits behind them, in exact steps. */
  private nanoseconds(source: Buffer, start: number, end: number): boolean {
    if (end - start < 10 || end - start > 19) return false;
    let seconds = 0;
    let nanos = 0;
    for (let i = start; i < end; i++) {
      const digit = source[i] - CHAR.zero;
      if (!(digit >= 0 && digit <= 9)) return false;
      if (i < end - 9) seconds = seconds * 10 + digit;
      else nanos = nanos * 10 + digit;
    }
    // seconds * 10^9 = upper * 2^16 + lower, both exact in a double.
    const upper = Math.floor(seconds / 65536) * 1e9;
    const lower = (seconds % 65536) * 1e9 + nanos;
    const sum = (upper % 65536) * 65536 + lower;
    this.low = sum % 4294967296;
    this.high = Math.floor(upper / 65536) + Math.floor(sum / 4294967296);
    return true;
  }

  /** Reads a number or a string with one in it; the json has its span. True when it was a string. */
  private numberSpan(expected: string): boolean {
    const { json } = this;
    const first = json.next();
    if (first === CHAR.quote) {
      json.readString();
      const length = json.valueTo - json.valueFrom;
      if (json.escaped || length === 0 || length > NUMBER_BYTES_MAX) throw this.wrongValue(expected, json.valueFrom);
      return true;
    }
    if (first !== CHAR.minus && !(first >= CHAR.zero && first <= CHAR.nine)) throw this.wrongValue(expected);
    json.readNumber();
    if (json.valueTo - json.valueFrom > NUMBER_BYTES_MAX) throw this.wrongValue(expected, json.valueFrom);
    return false;
  }

  /** The json's span as an integer of at most 15 digits; NaN when it is anything else. */
  private shortInteger(): number {
    const { source, valueFrom, valueTo } = this.json;
    const isNegative = source[valueFrom] === CHAR.minus;
    const first = isNegative ? valueFrom + 1 : valueFrom;
    if (valueTo - first > 15 || valueTo === first) return Number.NaN;
    let number = 0;
    for (let i = first; i < valueTo; i++) {
      const digit = source[i] - CHAR.zero;
      if (!(digit >= 0 && digit <= 9)) return Number.NaN;
      number = number * 10 + digit;
    }
    // 0 - 0 is 0, where -0 would be another number.
    return isNegative ? 0 - number : number;
  }

  /** The json's span as an integer of any size within bounds; `1.7e18` is one too. */
  private longInteger(expected: string, min: bigint, max: bigint): bigint {
    const { source, valueFrom, valueTo } = this.json;
    const text = source.toString('latin1', valueFrom, valueTo);
    const isPlain = INTEGER.test(text);
    if (!isPlain && !(NUMBER.test(text) && Number.isInteger(Number(text)))) throw this.wrongValue(expected, valueFrom);
    const exact = BigInt(isPlain ? text : Number(text));
    if (exact < min || exact > max) throw this.wrongValue(expected, valueFrom);
    return exact;
  }
}
