import { bytesError, durationError, goQuote, parseBytes, parseGoDuration } from '../../values/index.ts';
import { type FunctionTable, ofStrings, stringOf } from '../function.ts';
import { FunctionError, type GoValue, isTrue, JsonObject } from '../value.ts';
import { byteLength } from './text.ts';

const UNRESERVED = /^[A-Za-z0-9\-_.~]*$/;

/** Go's url.QueryEscape. */
export function queryEscape(text: string): string {
  if (UNRESERVED.test(text)) return text;
  const escaped = encodeURIComponent(text.toWellFormed()).replaceAll('%20', '+');
  return escaped.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function queryUnescape(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!text.includes('%')) return spaced;
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text);
  if (bad !== null) throw new FunctionError(`invalid URL escape ${goQuote(text.slice(bad.index, bad.index + 3))}`);
  const pieces = spaced.split('%').map((piece, index) => {
    if (index === 0) return Buffer.from(piece);
    return Buffer.concat([Buffer.from(piece.slice(0, 2), 'hex'), Buffer.from(piece.slice(2))]);
  });
  return Buffer.concat(pieces).toString();
}

/** Loki's b64dec adds what padding is missing, and answers with the error's text when it is no base64. */
function base64Decode(text: string): string {
  const remainder = byteLength(text) % 4;
  const padded = remainder > 1 ? text + '='.repeat(4 - remainder) : text;
  const corrupt = corruptByte(Buffer.from(padded));
  return corrupt === null ? Buffer.from(padded, 'base64').toString() : `illegal base64 data at input byte ${corrupt}`;
}

/** Where Go's StdEncoding finds a text not to be base64; line ends are skipped. Null when it is. */
function corruptByte(bytes: Buffer): number | null {
  let group = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 10 || byte === 13) continue;
    if (isBase64(byte)) {
      group = (group + 1) % 4;
      continue;
    }
    return byte === 61 ? corruptPadding(bytes, at, group) : at;
  }
  return group === 0 ? null : bytes.length - group;
}

function corruptPadding(bytes: Buffer, start: number, group: number): number | null {
  if (group < 2) return start;
  let at = skipLineEnds(bytes, start + 1);
  if (group === 2) {
    if (at === bytes.length) return bytes.length;
    if (bytes[at] !== 61) return at - 1;
    at = skipLineEnds(bytes, at + 1);
  }
  return at < bytes.length ? at : null;
}

function skipLineEnds(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] === 10 || bytes[at] === 13) at += 1;
  return at;
}

function isBase64(byte: number): boolean {
  return (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || (byte >= 47 && byte <= 57) || byte === 43;
}

/** Deeper JSON than this is no value at all (Go: 10,000 levels). */
const MAX_JSON_DEPTH = 1000;

/** Sprig's fromJson: what is no JSON is nil. */
function fromJson(text: string): GoValue {
  try {
    return fromParsed(JSON.parse(text), 0);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

function fromParsed(value: unknown, depth: number): GoValue {
  if (depth > MAX_JSON_DEPTH) throw new RangeError('JSON is too deep');
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((element) => fromParsed(element, depth + 1));
  if (typeof value !== 'object' || value === null) return null;
  return new JsonObject(new Map(Object.entries(value).map(([key, element]) => [key, fromParsed(element, depth + 1)])));
}

function converted(
  parse: (text: string) => number | null,
  failure: (text: string) => string,
): (text: string) => GoValue {
  return (text) => {
    const value = parse(text);
    if (value === null) throw new FunctionError(failure(text));
    return value;
  };
}

export const ENCODING_FUNCTIONS: FunctionTable = {
  urlencode: ofStrings(1, queryEscape),
  urldecode: ofStrings(1, queryUnescape),
  b64enc: ofStrings(1, (text) => Buffer.from(text).toString('base64')),
  b64dec: ofStrings(1, base64Decode),
  bytes: ofStrings(1, converted(parseBytes, bytesError)),
  duration: ofStrings(1, converted(parseGoDuration, durationError)),
  duration_seconds: ofStrings(1, converted(parseGoDuration, durationError)),
  fromJson: ofStrings(1, fromJson),
  default: {
    params: ['interface {}'],
    rest: 'interface {}',
    call: ([fallback, given]) => (isTrue(given) ? given : fallback),
  },
  __line__: { params: [], rest: null, call: (_, { line }) => stringOf(line) },
};
