import type { FunctionTable, GoFunction, ParamType } from '../function.ts';
import { stringOf } from '../function.ts';
import { plainText, print, printLine } from '../print.ts';
import { sprintf } from '../printf.ts';
import { GoTime } from '../time.ts';
import {
  compareText,
  FunctionError,
  GoInt,
  type GoValue,
  isArray,
  isLabelMap,
  isTrue,
  JsonObject,
  typeName,
} from '../value.ts';
import { queryEscape } from './encoding.ts';
import { byteLength, byteSlice } from './text.ts';

type Kind = 'bool' | 'int' | 'float' | 'string' | null;

function kindOf(value: GoValue): Kind {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'float';
  return value instanceof GoInt ? 'int' : null;
}

function incompatible(left: GoValue, right: GoValue): FunctionError {
  return new FunctionError(`incompatible types for comparison: ${typeName(left)} and ${typeName(right)}`);
}

function isNil(value: GoValue): boolean {
  return value === null || value === undefined;
}

function equal(left: GoValue, right: GoValue): boolean {
  if (kindOf(left) !== kindOf(right)) {
    if (isNil(left) || isNil(right)) return false;
    throw incompatible(left, right);
  }
  if (left instanceof GoInt && right instanceof GoInt) return left.value === right.value;
  if (kindOf(left) !== null) return left === right;
  if (isNil(left) || isNil(right)) return isNil(left) === isNil(right);
  if (left instanceof GoTime && right instanceof GoTime) return sameTime(left, right);
  if (isMap(left) !== isMap(right) || isArray(left) !== isArray(right))
    throw new FunctionError(
      `non-comparable types ${plainText(left)}: ${typeName(left)}, ${typeName(right)}: ${plainText(right)}`,
    );
  throw new FunctionError(`non-comparable type ${plainText(right)}: ${typeName(right)}`);
}

function sameTime(left: GoTime, right: GoTime): boolean {
  return left.seconds === right.seconds && left.nanos === right.nanos && left.zone === right.zone;
}

function isMap(value: GoValue): boolean {
  return value instanceof JsonObject || isLabelMap(value);
}

function less(left: GoValue, right: GoValue): boolean {
  const kind = kindOf(left);
  if (kind === null || kindOf(right) === null) throw new FunctionError('invalid type for comparison');
  if (left instanceof GoInt && right instanceof GoInt) return left.value < right.value;
  if (typeof left === 'number' && typeof right === 'number') return left < right;
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right) < 0;
  if (kind !== kindOf(right)) throw incompatible(left, right);
  throw new FunctionError('invalid type for comparison');
}

function equalsAny(left: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new FunctionError('missing argument for comparison');
  return others.some((other) => equal(left, other));
}

function lessOrEqual(left: GoValue, right: GoValue): boolean {
  return less(left, right) || equal(left, right);
}

function comparison(compare: (left: GoValue, right: GoValue) => boolean): GoFunction {
  return { params: ['reflect.Value', 'reflect.Value'], rest: null, call: ([left, right]) => compare(left, right) };
}

function length(value: GoValue): GoValue {
  if (typeof value === 'string') return new GoInt(BigInt(byteLength(value)));
  if (isArray(value)) return new GoInt(BigInt(value.length));
  if (isLabelMap(value)) return new GoInt(BigInt(value.size));
  if (value instanceof JsonObject) return new GoInt(BigInt(value.entries.size));
  if (isNil(value))
    throw new FunctionError(
      value === null ? 'len of nil pointer' : 'reflect: call of reflect.Value.Type on zero Value',
    );
  throw new FunctionError(`len of type ${typeName(value)}`);
}

function indexOf(value: GoValue, limit: number): number {
  if (isNil(value)) throw new FunctionError('cannot index slice/array with nil');
  if (!(value instanceof GoInt)) throw new FunctionError(`cannot index slice/array with type ${typeName(value)}`);
  if (value.value < 0n || value.value > BigInt(limit)) throw new FunctionError(`index out of range: ${value.value}`);
  return Number(value.value);
}

function index(value: GoValue, keys: readonly GoValue[]): GoValue {
  if (isNil(value)) throw new FunctionError('index of untyped nil');
  let item = value;
  for (const key of keys) item = indexOnce(item, key);
  return item;
}

function indexOnce(item: GoValue, key: GoValue): GoValue {
  if (isNil(item)) throw new FunctionError('index of nil pointer');
  if (isLabelMap(item) || item instanceof JsonObject) {
    if (isNil(key)) throw new FunctionError('value is nil; should be of type string');
    if (typeof key !== 'string') throw new FunctionError(`value has type ${typeName(key)}; should be string`);
    return isLabelMap(item) ? (item.get(key) ?? '') : (item.entries.get(key) ?? null);
  }
  if (typeof item === 'string') {
    const bytes = Buffer.from(item);
    const at = indexOf(key, bytes.length);
    if (at === bytes.length) throw new FunctionError('reflect: string index out of range');
    return new GoInt(BigInt(bytes[at] ?? 0), 'uint8');
  }
  if (!isArray(item)) throw new FunctionError(`can't index item of type ${typeName(item)}`);
  const at = indexOf(key, item.length);
  if (at === item.length) throw new FunctionError('reflect: slice index out of range');
  return item[at];
}

function slice(value: GoValue, bounds: readonly GoValue[]): GoValue {
  if (isNil(value)) throw new FunctionError('slice of untyped nil');
  if (bounds.length > 3) throw new FunctionError(`too many slice indexes: ${bounds.length}`);
  const isText = typeof value === 'string';
  if (isText && bounds.length === 3) throw new FunctionError('cannot 3-index slice a string');
  if (!isText && !isArray(value)) throw new FunctionError(`can't slice item of type ${typeName(value)}`);
  const size = isText ? byteLength(value) : value.length;
  const [start = 0, end = size, cap = size] = bounds.map((bound) => indexOf(bound, size));
  if (start > end) throw new FunctionError(`invalid slice index: ${start} > ${end}`);
  if (end > cap) throw new FunctionError(`invalid slice index: ${end} > ${cap}`);
  return isText ? byteSlice(value, start, end) : value.slice(start, end);
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

function escapeHtml(text: string): string {
  return text.replaceAll('\0', '\ufffd').replace(/["'&<>]/g, (char) => HTML_ESCAPES[char] ?? char);
}

const JS_SPECIAL = /[\\'"<>&=\p{Cc}\u0080-\u{10ffff}]/gu;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function escapeJs(text: string): string {
  return text.replace(JS_SPECIAL, (char) => {
    if (char === '\\' || char === "'" || char === '"') return `\\${char}`;
    const code = char.codePointAt(0) ?? 0;
    if (code === 0x7f || (code >= 0x80 && PRINTABLE.test(char))) return char;
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** What `html`, `js` and `urlquery` work on: a text as it is, all else as print writes it. */
function escaper(change: (text: string) => string): GoFunction {
  return variadic([], 'interface {}', (args) => change(printed(args)));
}

function printed(args: readonly GoValue[]): string {
  const [first] = args;
  if (args.length === 1 && typeof first === 'string') return first;
  // Nil arguments are shown as actions show them.
  return print(args.map((arg) => (isNil(arg) ? '<no value>' : arg)));
}

function variadic(params: readonly ParamType[], rest: ParamType, call: GoFunction['call']): GoFunction {
  return { params, rest, call };
}

export const BUILTIN_FUNCTIONS: FunctionTable = {
  // The executor takes these two before it reads their arguments, for they stop at the first that decides.
  and: variadic(['reflect.Value'], 'reflect.Value', (args) => args.at(-1)),
  or: variadic(['reflect.Value'], 'reflect.Value', (args) => args.at(-1)),
  not: { params: ['reflect.Value'], rest: null, call: ([value]) => !isTrue(value) },
  eq: variadic(['reflect.Value'], 'reflect.Value', ([left, ...others]) => equalsAny(left, others)),
  ne: comparison((left, right) => !equal(left, right)),
  lt: comparison(less),
  le: comparison(lessOrEqual),
  gt: comparison((left, right) => !lessOrEqual(left, right)),
  ge: comparison((left, right) => !less(left, right)),
  len: { params: ['reflect.Value'], rest: null, call: ([value]) => length(value) },
  index: variadic(['reflect.Value'], 'reflect.Value', ([value, ...keys]) => index(value, keys)),
  slice: variadic(['reflect.Value'], 'reflect.Value', ([value, ...bounds]) => slice(value, bounds)),
  call: variadic(['reflect.Value'], 'reflect.Value', () => null),
  print: variadic([], 'interface {}', print),
  println: variadic([], 'interface {}', printLine),
  printf: variadic(['string'], 'interface {}', ([format, ...args]) => sprintf(stringOf(format), args)),
  html: escaper(escapeHtml),
  js: escaper(escapeJs),
  urlquery: escaper(queryEscape),
};
