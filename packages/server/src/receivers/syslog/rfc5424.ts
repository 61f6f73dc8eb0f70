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
    const next = element(source, p, end, null);
    // What cannot be read is part of the message, as it stands.
    if (next < 0) return p;
    element(source, p, end, (id, nameStart, nameEnd, from, to) =>
      parameter(row, p + 1, id, nameStart, nameEnd, from, to),
    );
    p = next;
  }
  return p > start && p < end && source[p] === SPACE ? p + 1 : p;
}

/** Told of a parameter: the positions of the id's end, of the name and of the value between its quotes. */
type OnParameter = (idEnd: number, nameStart: number, nameEnd: number, from: number, to: number) => void;

/** Walks over `[id name="value" …]` at the position. Returns the position behind it, -1 when it is no such thing. */
function element(source: Buffer, start: number, end: number, each: OnParameter | null): number {
  let p = start + 1;
  while (p < end && source[p] !== SPACE && source[p] !== CLOSE && source[p] !== QUOTE) p++;
  const idEnd = p;
  if (idEnd === start + 1 || idEnd - start > WORD_BYTES_MAX) return -1;
  if (source[p] === CLOSE) each?.(idEnd, idEnd, idEnd, idEnd, idEnd);
  while (p < end && source[p] === SPACE) {
    while (source[p] === SPACE && p < end) p++;
    if (source[p] === CLOSE) break;
    const nameStart = p;
    while (p < end && source[p] !== EQUALS && source[p] !== SPACE && source[p] !== CLOSE) p++;
    if (p === nameStart || p + 1 >= end || source[p] !== EQUALS || source[p + 1] !== QUOTE) return -1;
    const to = valueEnd(source, p + 2, end);
    if (to < 0) return -1;
    each?.(idEnd, nameStart, p, p + 2, to);
    p = to + 1;
  }
  return p < end && source[p] === CLOSE ? p + 1 : -1;
}

/** The position of the quote that ends a value: one that nothing but a space or `]` can follow, since not all escape. */
function valueEnd(source: Buffer, start: number, end: number): number {
  for (let p = start; p < end; p++) {
    if (source[p] === BACKSLASH) p++;
    else if (source[p] === QUOTE && (source[p + 1] === SPACE || source[p + 1] === CLOSE) && p + 1 < end) return p;
  }
  return -1;
}

/** Adds the attribute `id.name`; an element without parameters is an empty attribute `id`. */
function parameter(row: SyslogRow, id: number, idEnd: number, name: number, nameEnd: number, from: number, to: number) {
  const { source, batch } = row;
  const dotted =
    name === nameEnd
      ? source.toString('utf8', id, idEnd)
      : `${source.toString('utf8', id, idEnd)}.${source.toString('utf8', name, nameEnd)}`;
  const isEscaped = from < to && source.subarray(from, to).includes(BACKSLASH);
  if (!isEscaped) row.attribute(dotted, from, to);
  else batch.addAttribute(dotted, KIND.string, source.toString('utf8', from, to).replace(/\\(["\\\]])/g, '$1'));
}
