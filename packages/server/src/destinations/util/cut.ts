import type { Event } from '@tailwater/schema';
import { PermanentError } from '../../runtime/errors.ts';

/** Ends a text that was cut. */
const CUT_MARK = '…[cut]';
/** A text this short is not what makes an event too large. */
const CUT_FROM_UNITS = 256;
/** Texts of one event that are cut at most before it is given up. */
const CUTS_MAX = 64;

/** The text in at most so many bytes of UTF-8, no character of it broken; one that was longer ends with a mark. */
export function cutText(text: string, bytesMax: number): string {
  // A UTF-16 unit is at most three bytes: most texts need no counting.
  if (text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax) return text;
  const room = bytesMax - Buffer.byteLength(CUT_MARK);
  const bytes = Buffer.from(text);
  let end = Math.max(0, room);
  // Bytes that begin with 10 go on with a character that began before.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return room < 0 ? bytes.toString('utf8', 0, end) : bytes.toString('utf8', 0, end) + CUT_MARK;
}

/**
 * The event as `encode` makes it, in at most `bytesMax` bytes: the longest of its texts are cut, and end with a mark.
 * Throws PermanentError `event_too_large` when no cut makes it fit.
 */
export function encodeWithin(event: Event, bytesMax: number, encode: (event: Event) => string | Buffer): Buffer {
  let fitting = event;
  for (let cuts = 0; cuts <= CUTS_MAX; cuts++) {
    const encoded = encode(fitting);
    const bytes = typeof encoded === 'string' ? Buffer.from(encoded) : encoded;
    if (bytes.length <= bytesMax) return bytes;
    const shorter = cutLongest(fitting, bytes.length - bytesMax);
    if (shorter === null) break;
    fitting = shorter;
  }
  throw new PermanentError('event_too_large', `The destination takes at most ${bytesMax} bytes an event.`);
}

/** Cuts the longest text by the share of its bytes, as JSON has them, that is too much. Null: none is long. */
function cutLongest(event: Event, bytesTooMany: number): Event | null {
  let longest: string | null = null;
  let length = event.message.length;
  for (const name in event.attributes) {
    const { text } = event.attributes[name]!;
    if (text.length > length) [longest, length] = [name, text.length];
  }
  if (length < CUT_FROM_UNITS) return null;
  const text = longest === null ? event.message : event.attributes[longest]!.text;
  const bytes = Buffer.byteLength(JSON.stringify(text));
  const keep = Math.floor((length * Math.max(0, bytes - bytesTooMany - CUT_MARK.length * 3)) / bytes);
  const cut = text.slice(0, keep).replace(/[\ud800-\udbff]$/, '') + CUT_MARK;
  if (longest === null) return { ...event, message: cut };
  // What was JSON or a number is none any more.
  const attribute = { kind: 'string', text: cut } as const;
  return { ...event, attributes: { ...event.attributes, [longest]: attribute } };
}
