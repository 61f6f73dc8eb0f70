import { KIND } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import { isDigit, type SyslogRow, WORD_BYTES_MAX } from './row.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const DASH = 0x2d;
const EQUALS = 0x3d;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;

/**
 * Reads what follows the priority as RFC 5424 and fills the row. False, with nothing done, when it is something else:
 * a version and a time, or `-` for none, are what tells. Parts that are missing at the end are none.
 */
export function readRfc5424(row: SyslogRow, start: number, end: number): boolean {
  const { source } = row;
  const time = versionEnd(source, start, end);
  if (time < 0) return false;
  let p = row.wordEnd(time, end);
  if (p - time !== 1 || source[time] !== DASH) p = row.isoTime(time, end);
  if (p < 0) p = row.bsdTime(time, end);
  if (p < 0 || (p < end && source[p] !== SPACE)) return false;
  p = word(row, p, end, (from, to) => row.set(FIELD.host, from, to));
  p = word(row, p, end, (from, to) => row.set(FIELD.service, from, to));
  p = word(row, p, end, (from, to) => row.attribute('syslog.procid', from, to));
  p = word(row, p, end, (from, to) => row.attribute('syslog.msgid', from, to));
  p = structuredData(row, p, end);
  const hasMark = source[p] === 0xef && source[p + 1] === 0xbb && source[p + 2] === 0xbf;
  row.setMessage(hasMark ? p + 3 : p, end);
  return true;
}

/** The position behind the version and its space, -1 when there is none. */
function versionEnd(source: Buffer, start: number, end: number): number {
  let p = start;
  while (p < end && p - start < 3 && isDigit(source[p])) p++;
  return p > start && p + 1 < end && source[p] === SPACE && source[start] !== 0x30 ? p + 1 : -1;
}

/** Hands over the word behind the space at the position, unless it is `-`. Returns the position behind it. */
function word(row: SyslogRow, position: number, end: number, set: (from: number, to: number) => void): number {
  const from = position + 1;
  if (from >= end) return end;
  const to = row.wordEnd(from, end);
  // Far too long for a word: the rest is the message.
  if (to - from > WORD_BYTES_MAX) return position;
  if (to > from && (to - from !== 1 || row.source[from] !== DASH)) set(from, to);
  return to;
}

/** Reads the structured data behind the space at the position. Returns where the message begins. */
function structuredData(row: SyslogRow, position: number, end: number): number {
  const { source } = row;
  const start = position + 1;
  if (start >= end) return end;
  if (source[start] === DASH && (start + 1 === end || source[start + 1] === SPACE)) return Math.min(start + 2, end);
  let p = start;
  while (source[p] === OPEN && p < end) {
    const next = element(source, p, end);
    // What cannot be read is part of the message, as it stands.
    if (next < 0) return p;
    for (let i = 0; i < parameterCount; i++) parameter(row, p + 1, i * MARKS);
    p = next;
  }
  return p > start && p < end && source[p] === SPACE ? p + 1 : p;
}

/**
 * What `element` found last: for each parameter the end of the element's id, start and end of the name and of the value
 * between its quotes, and 1 when something in it is escaped. Of this thread, since decoding never waits.
 */
const marks: number[] = [];
const MARKS = 6;
let parameterCount = 0;

function mark(idEnd: number, nameStart: number, nameEnd: number, from: number, to: number, escaped: number): void {
  let at = parameterCount++ * MARKS;
  marks[at++] = idEnd;
  marks[at++] = nameStart;
  marks[at++] = nameEnd;
  marks[at++] = from;
  marks[at++] = to;
  marks[at] = escaped;
}

/** Finds the parts of `[id name="value" …]` at the position. Returns the position behind it, -1 when it is no such thing. */
function element(source: Buffer, start: number, end: number): number {
  parameterCount = 0;
  let p = start + 1;
  while (p < end && source[p] !== SPACE && source[p] !== CLOSE && source[p] !== QUOTE) p++;
  const idEnd = p;
  if (idEnd === start + 1 || idEnd - start > WORD_BYTES_MAX) return -1;
  if (source[p] === CLOSE) mark(idEnd, idEnd, idEnd, idEnd, idEnd, 0);
  while (p < end && source[p] === SPACE) {
    while (source[p] === SPACE && p < end) p++;
    if (source[p] === CLOSE) break;
    const nameStart = p;
    while (p < end && source[p] !== EQUALS && source[p] !== SPACE && source[p] !== CLOSE) p++;
    if (p === nameStart || p + 1 >= end || source[p] !== EQUALS || source[p + 1] !== QUOTE) return -1;
    const to = value(source, idEnd, nameStart, p, end);
    if (to < 0) return -1;
    p = to + 1;
  }
  return p < end && source[p] === CLOSE ? p + 1 : -1;
}

/**
 * Marks the parameter whose value begins behind `nameEnd="`. Returns the position of the quote that ends it, -1 without
 * one: a quote that nothing but a space or `]` follows, since not all clients escape.
 */
function value(source: Buffer, idEnd: number, nameStart: number, nameEnd: number, end: number): number {
  let escaped = 0;
  for (let p = nameEnd + 2; p < end; p++) {
    const byte = source[p];
    if (byte === BACKSLASH) {
      escaped = 1;
      p++;
    } else if (byte === QUOTE && (source[p + 1] === SPACE || source[p + 1] === CLOSE) && p + 1 < end) {
      mark(idEnd, nameStart, nameEnd, nameEnd + 2, p, escaped);
      return p;
    }
  }
  return -1;
}

/** Adds the attribute `id.name` of the marks at `at`; an element without parameters is an empty attribute `id`. */
function parameter(row: SyslogRow, id: number, at: number): void {
  const { source, batch } = row;
  const idEnd = marks[at];
  const from = marks[at + 3];
  const to = marks[at + 4];
  const name =
    marks[at + 1] === marks[at + 2] ? batch.symbols.internBytes(source, id, idEnd) : dotted(row, id, idEnd, at);
  if (marks[at + 5] === 0) row.attributeOf(name, from, to);
  else if (batch.beginAttribute(name, KIND.string)) {
    batch.attributeValues.appendText(source.toString('utf8', from, to).replace(/\\(["\\\]])/g, '$1'));
  }
}

const DOT = 0x2e;
const joined = Buffer.alloc(2 * WORD_BYTES_MAX);

/** The symbol of `id.name`. No text is made of the two: there are many of them in a message, and always the same. */
function dotted({ source, batch }: SyslogRow, id: number, idEnd: number, at: number): number {
  const nameStart = marks[at + 1];
  const nameEnd = marks[at + 2];
  const length = idEnd - id + 1 + nameEnd - nameStart;
  if (length > joined.length) {
    const name = source.toString('utf8', nameStart, nameEnd);
    return batch.symbols.internText(`${source.toString('utf8', id, idEnd)}.${name}`);
  }
  let p = 0;
  for (let i = id; i < idEnd; i++) joined[p++] = source[i];
  joined[p++] = DOT;
  for (let i = nameStart; i < nameEnd; i++) joined[p++] = source[i];
  return batch.symbols.internBytes(joined, 0, length);
}
