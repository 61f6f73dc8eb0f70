import { isAscii, isUtf8 } from 'node:buffer';
import { type ActiveRules, findSpans, scan, secretKindOfAttribute } from '@tailwater/schema/redaction';

/**
 * Masks secrets in a body of any format, in place and without changing its length, so that it can still be decoded:
 * lengths in binary formats stay true, and JSON stays JSON. Letters become `*`, runs of digits `1000`, since a JSON
 * number may not begin with 0. Returns how many places were masked. Linear in the body's length.
 */
export function maskSecrets(body: Buffer, rules: ActiveRules): number {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const forms = scan(body, view, 0, body.length) & rules.forms;
  const isText = isUtf8(body);
  const isBinary = !isText || hasControls(body);
  let masked = 0;
  if (forms !== 0) {
    const text = isText ? body.toString('utf8') : textWithin(body);
    const spans = findSpans(text, forms);
    const offset = isText && !isAscii(body) ? utf8Offsets(text) : (position: number) => position;
    for (const { start, end } of spans) {
      const from = offset(start);
      const to = offset(end);
      maskSpan(body, isBinary && isLength(body, from, to) ? from + 1 : from, to);
    }
    masked += spans.length;
  }
  return rules.attributes && isBinary ? masked + maskNamedValues(body) : masked;
}

/** A short protobuf or Lumberjack body can be UTF-8 throughout; text has no such bytes. */
function hasControls(body: Buffer): boolean {
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return true;
  }
  return false;
}

/**
 * Whether the first byte of what looks like a secret is the length of the string that begins behind it: `-` before an
 * address is the length 45. Lengths are one byte, a varint's second, or the low one of two.
 */
function isLength(body: Buffer, start: number, end: number): boolean {
  if (start === 0 || characterBytes(body, start - 1) === 1) return false;
  const [before, byte] = [body[start - 1], body[start]];
  const lengths = [byte, (before & 0x7f) | (byte << 7), (before << 8) | byte];
  return lengths.some((length) => length >= end - start - 1 && start + 1 + length <= body.length);
}

/** A body that is no text as a whole, one character a byte. What is no text ends a line, so that no secret crosses it. */
function textWithin(body: Buffer): string {
  const copy = Buffer.from(body);
  for (let i = 0; i < copy.length; ) {
    const length = characterBytes(body, i);
    if (length === 0) copy[i] = 0x0a;
    i += length || 1;
  }
  return copy.toString('latin1');
}

/** Bytes of the character at `i` in UTF-8, 0 where none begins. */
function characterBytes(body: Buffer, i: number): number {
  const byte = body[i];
  if (byte < 0x80) return byte < 0x20 && byte !== 9 && byte !== 13 ? 0 : 1;
  const length = byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
  for (let k = 1; k < length; k++) if ((body[i + k] & 0xc0) !== 0x80) return 0;
  return length;
}

/** Byte positions of UTF-16 positions, which must be asked for in ascending order. */
function utf8Offsets(text: string): (position: number) => number {
  let characters = 0;
  let bytes = 0;
  return (position) => {
    bytes += Buffer.byteLength(text.slice(characters, position));
    characters = position;
    return bytes;
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
/** `{}[],:` and blanks: they hold JSON together where they stand outside of strings. */
const STRUCTURE = new Set(Buffer.from('{}[],: \t'));
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

function maskSpan(body: Buffer, start: number, end: number): void {
  let outside = false;
  for (let i = afterOpenEscape(body, start, end); i < end; i++) {
    const byte = body[i];
    if (byte === BACKSLASH) i = maskEscape(body, i, end);
    else if (byte === QUOTE) outside = !outside;
    else if (byte >= 0x20 && !(outside && STRUCTURE.has(byte))) body[i] = maskOf(body, i, start);
  }
}

function maskOf(body: Buffer, i: number, start: number): number {
  if (!isDigit(body[i])) return 0x2a;
  return i > start && isDigit(body[i - 1]) ? 0x30 : 0x31;
}

/** Behind the rest of an escape that began before the span: `n` of `\n`, digits of `\u0041`. */
function afterOpenEscape(body: Buffer, start: number, end: number): number {
  const before = body.toString('latin1', Math.max(0, start - 64), start);
  const unicode = /\\u([0-9a-fA-F]{0,3})$/.exec(before);
  if (unicode !== null) return Math.min(end, start + 4 - unicode[1].length);
  const backslashes = /\\*$/.exec(before)![0].length;
  return backslashes % 2 === 1 ? Math.min(end, start + (body[start] === LOWER_U ? 5 : 1)) : start;
}

/** Escapes stay escapes: `\n` as it is, `\u0041` as `\u002a`. Returns the place of its last byte. */
function maskEscape(body: Buffer, i: number, end: number): number {
  if (body[i + 1] !== LOWER_U) return i + 1;
  if (i + 6 <= end) body.write('002a', i + 2, 'latin1');
  return i + 5;
}

/** A name, and behind it a string with its length before it: what protobuf, MessagePack and length-prefixed pairs do. */
const NAME = /[A-Za-z_][\w.-]{2,99}/g;

/** Values whose names alone say that they are secret, in binary bodies; in text the rule `password` finds those. */
function maskNamedValues(body: Buffer): number {
  let masked = 0;
  for (const match of body.toString('latin1').matchAll(NAME)) {
    if (secretKindOfAttribute(match[0]) === 'none') continue;
    const value = valueAt(body, match.index + match[0].length);
    if (value === null || !isPrintable(body, value)) continue;
    maskSpan(body, value.start, value.end);
    masked++;
  }
  return masked;
}

interface Place {
  start: number;
  end: number;
}

/** https://protobuf.dev/programming-guides/encoding/ and https://github.com/msgpack/msgpack/blob/master/spec.md */
function valueAt(body: Buffer, p: number): Place | null {
  const marker = body[p];
  if (marker === undefined) return null;
  if (marker === 0x12) return protobufValue(body, p + 1);
  if (marker >= 0xa0 && marker <= 0xbf) return placeOf(body, p + 1, marker & 31);
  if ((marker === 0xd9 || marker === 0xc4) && p + 2 <= body.length) return placeOf(body, p + 2, body[p + 1]);
  if ((marker === 0xda || marker === 0xc5) && p + 3 <= body.length)
    return placeOf(body, p + 3, body.readUInt16BE(p + 1));
  if ((marker === 0xdb || marker === 0xc6) && p + 5 <= body.length)
    return placeOf(body, p + 5, body.readUInt32BE(p + 1));
  // Lumberjack 1: the length in four bytes.
  return marker === 0 && p + 4 <= body.length ? placeOf(body, p + 4, body.readUInt32BE(p)) : null;
}

/** A string, or OpenTelemetry's AnyValue with one in it. */
function protobufValue(body: Buffer, p: number): Place | null {
  const outer = lengthDelimited(body, p);
  if (outer === null || body[outer.start] !== 0x0a) return outer;
  const inner = lengthDelimited(body, outer.start + 1);
  return inner !== null && inner.end === outer.end ? inner : outer;
}

function lengthDelimited(body: Buffer, p: number): Place | null {
  let length = 0;
  for (let shift = 0; shift < 28 && p < body.length; shift += 7) {
    const byte = body[p++];
    length |= (byte & 127) << shift;
    if (byte < 128) return placeOf(body, p, length);
  }
  return null;
}

const placeOf = (body: Buffer, start: number, length: number): Place | null =>
  length > 0 && start + length <= body.length ? { start, end: start + length } : null;

function isPrintable(body: Buffer, { start, end }: Place): boolean {
  for (let i = start; i < end; i++)
    if (body[i] < 0x20 && body[i] !== 9 && body[i] !== 10 && body[i] !== 13) return false;
  return true;
}
