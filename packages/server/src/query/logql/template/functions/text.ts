import { type FunctionTable, type GoFunction, ofStrings, stringOf } from '../function.ts';
import { checkTextLength } from '../limits.ts';
import { FunctionError, GoInt, type GoValue } from '../value.ts';

const ASCII = /^[\0-\x7f]*$/;
/** Go's unicode.White_Space; JavaScript's trim takes U+FEFF too and leaves U+0085. */
const SPACE = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const LEADING_SPACE = new RegExp(`^[${SPACE}]+`);

/** Go maps rune by rune: ß has no capital of its own, Σ no second small form. */
function mapCase(text: string, change: (text: string) => string): string {
  if (ASCII.test(text)) return change(text);
  let mapped = '';
  for (const rune of text) {
    const changed = change(rune);
    mapped += [...changed].length === 1 ? changed : simpleCase(rune);
  }
  return mapped;
}

/** Where Unicode's full mapping has several runes, Go's simple one has one: İ becomes i, ß stays. */
function simpleCase(rune: string): string {
  return rune === 'İ' ? 'i' : rune;
}

export function toLower(text: string): string {
  return mapCase(text, (part) => part.toLowerCase());
}

export function toUpper(text: string): string {
  return mapCase(text, (part) => part.toUpperCase());
}

const LETTER_OR_DIGIT = /[\p{L}\p{Nd}_]/u;

/** strings.Title: a capital at the begin and behind every separator. */
function title(text: string): string {
  let titled = '';
  let startsWord = true;
  for (const rune of text) {
    titled += startsWord ? titleRune(rune) : rune;
    startsWord = isSeparator(rune);
  }
  return titled;
}

function titleRune(rune: string): string {
  return rune === '\u01c6' || rune === '\u01c4' ? '\u01c5' : toUpper(rune);
}

/** In ASCII all but letters, digits and the underscore separates; beyond it only spaces do. */
function isSeparator(rune: string): boolean {
  if (rune <= '\x7f') return !LETTER_OR_DIGIT.test(rune);
  return LEADING_SPACE.test(rune);
}

export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && LEADING_SPACE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end).replace(LEADING_SPACE, '');
}

function trimLeft(text: string, cutset: string): string {
  const cut = new Set(cutset);
  let at = 0;
  for (const rune of text) {
    if (!cut.has(rune)) break;
    at += rune.length;
  }
  return text.slice(at);
}

function trimRight(text: string, cutset: string): string {
  const cut = new Set(cutset);
  let end = text.length;
  while (end > 0) {
    const start =
      end >= 2 && text.charCodeAt(end - 1) >= 0xdc00 && text.charCodeAt(end - 1) <= 0xdfff ? end - 2 : end - 1;
    if (!cut.has(text.slice(start, end))) break;
    end = start;
  }
  return text.slice(0, end);
}

function trim(text: string, cutset: string): string {
  return trimLeft(trimRight(text, cutset), cutset);
}

function trimPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function trimSuffix(text: string, suffix: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

/** strings.Replace: at most `limit` times, a negative limit means all; an empty text is found before every rune and at the end. */
function replace(text: string, old: string, substitute: string, limit: number): string {
  if (limit === 0 || old === substitute) return text;
  const parts = old === '' ? ['', ...text] : text.split(old);
  const found = old === '' ? parts.length : parts.length - 1;
  const count = limit < 0 ? found : Math.min(limit, found);
  checkTextLength(text.length + count * (substitute.length - old.length));
  if (old === '') {
    const before = parts.slice(1).map((rune, index) => (index < count ? substitute + rune : rune));
    return before.join('') + (count === found ? substitute : '');
  }
  return [parts.slice(0, count + 1).join(substitute), ...parts.slice(count + 1)].join(old);
}

function repeat(count: number, text: string): string {
  if (count < 0) throw new FunctionError('strings: negative Repeat count');
  checkTextLength(count * text.length);
  return text.repeat(count);
}

function indent(spaces: number, text: string): string {
  if (spaces < 0) throw new FunctionError('strings: negative Repeat count');
  checkTextLength(spaces * (text.split('\n').length + 1));
  const pad = ' '.repeat(spaces);
  return pad + text.replaceAll('\n', `\n${pad}`);
}

/** Sprig's trunc, by bytes; negative counts from the end. */
function truncate(count: number, text: string): string {
  const length = byteLength(text);
  if (count < 0 && length + count > 0) return byteSlice(text, length + count, length);
  return count >= 0 && length > count ? byteSlice(text, 0, count) : text;
}

/** Sprig's substr, by bytes; like Go it fails outside of the text. */
function substring(start: number, end: number, text: string): string {
  const length = byteLength(text);
  if (start < 0) {
    if (end < 0 || end > length)
      throw new FunctionError(outOfBounds(end < 0 ? `[:${end}]` : `[:${end}] with length ${length}`));
    return byteSlice(text, 0, end);
  }
  if (end < 0 || end > length) {
    if (start > length) throw new FunctionError(outOfBounds(`[${start}:${length}]`));
    return byteSlice(text, start, length);
  }
  if (start > end) throw new FunctionError(outOfBounds(`[${start}:${end}]`));
  return byteSlice(text, start, end);
}

function outOfBounds(where: string): string {
  return `runtime error: slice bounds out of range ${where}`;
}

export function byteLength(text: string): number {
  return ASCII.test(text) ? text.length : Buffer.byteLength(text);
}

/** Bytes of a text as UTF-8; where a rune is cut through, the replacement character stands for what is left of it. */
export function byteSlice(text: string, start: number, end: number): string {
  return ASCII.test(text) ? text.slice(start, end) : Buffer.from(text).subarray(start, end).toString();
}

function align(count: number, text: string, isLeft: boolean): string {
  const runes = [...text];
  if (count < 0 || count === runes.length) return text;
  checkTextLength(count > runes.length ? count : 0);
  const pad = ' '.repeat(Math.max(0, count - runes.length));
  if (isLeft) return pad === '' ? runes.slice(0, count).join('') : text + pad;
  return pad === '' ? runes.slice(runes.length - count).join('') : pad + text;
}

/** A function of a count and a text. */
function counted(call: (count: number, text: string) => string): GoFunction {
  return { params: ['int', 'string'], rest: null, call: ([count, text]) => call(intOf(count), stringOf(text)) };
}

function intOf(value: GoValue): number {
  return value instanceof GoInt ? Number(value.value) : 0;
}

export const TEXT_FUNCTIONS: FunctionTable = {
  ToLower: ofStrings(1, toLower),
  ToUpper: ofStrings(1, toUpper),
  Replace: {
    params: ['string', 'string', 'string', 'int'],
    rest: null,
    call: ([text, old, substitute, limit]) =>
      replace(stringOf(text), stringOf(old), stringOf(substitute), intOf(limit)),
  },
  Trim: ofStrings(2, trim),
  TrimLeft: ofStrings(2, trimLeft),
  TrimRight: ofStrings(2, trimRight),
  TrimPrefix: ofStrings(2, trimPrefix),
  TrimSuffix: ofStrings(2, trimSuffix),
  TrimSpace: ofStrings(1, trimSpace),
  lower: ofStrings(1, toLower),
  upper: ofStrings(1, toUpper),
  title: ofStrings(1, title),
  trim: ofStrings(1, trimSpace),
  trimAll: ofStrings(2, (cutset, text) => trim(text, cutset)),
  trimPrefix: ofStrings(2, (prefix, text) => trimPrefix(text, prefix)),
  trimSuffix: ofStrings(2, (suffix, text) => trimSuffix(text, suffix)),
  contains: ofStrings(2, (part, text) => text.includes(part)),
  hasPrefix: ofStrings(2, (prefix, text) => text.startsWith(prefix)),
  hasSuffix: ofStrings(2, (suffix, text) => text.endsWith(suffix)),
  replace: ofStrings(3, (old, substitute, text) => replace(text, old, substitute, -1)),
  repeat: counted(repeat),
  indent: counted(indent),
  nindent: counted((spaces, text) => `\n${indent(spaces, text)}`),
  trunc: counted(truncate),
  substr: {
    params: ['int', 'int', 'string'],
    rest: null,
    call: ([start, end, text]) => substring(intOf(start), intOf(end), stringOf(text)),
  },
  alignLeft: counted((count, text) => align(count, text, true)),
  alignRight: counted((count, text) => align(count, text, false)),
};
