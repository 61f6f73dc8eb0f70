import { scanText } from '@tailwater/schema/redaction';
import { quote } from './quote.ts';
import { SEVERITIES } from './severity.ts';

/** Bytes of a message, and of a whole line. Longer ones are cut, and say so. */
export const MESSAGE_BYTES_MAX = 64 << 10;
export const EVENT_BYTES_MAX = 256 << 10;
/** Most bytes a character (a UTF-16 unit) takes in a line: escaped as `\u0001`. */
const CHARACTER_BYTES_MAX = 6;

/** What the lines of a logger have in common, by rank: `","level":"info","category":"auth",…` */
export interface Heads {
  texts: readonly string[];
  /** None holds anything that looks like a secret. */
  areClean: boolean;
}

/** Characters before the head: `{"timestamp":"2026-11-21T12:03:07.123Z` */
export const TIME_CHARACTERS = 38;

export interface HeadFacts {
  category: string;
  logger: string;
  service: string;
  host: string;
}

export function writeHeads({ category, logger, service, host }: HeadFacts): Heads {
  const member = (name: string, value: string) => (value === '' ? '' : `,"${name}":${quote(value)}`);
  const rest =
    member('category', category) + member('logger', logger) + member('service', service) + member('host', host);
  const texts = SEVERITIES.map((severity) => `","level":"${severity}"${rest}`);
  return { texts, areClean: [category, logger, service, host].every((text) => scanText(text) === 0) };
}

const MILLIS = Array.from({ length: 1000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z`);
let second = -1;
let secondText = '';

/** ISO 8601 with milliseconds, in UTC. Only the first of a second costs a Date. */
export function isoTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  if (whole !== second) {
    secondText = new Date(whole * 1000).toISOString().slice(0, 20);
    second = whole;
  }
  return secondText + MILLIS[ms - whole * 1000];
}

/** The text in at most so many bytes of UTF-8, without half a character at its end. */
export function cutText(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax) return text;
  const head = text.slice(0, bytesMax);
  if (Buffer.byteLength(head) <= bytesMax && head.length === text.length) return text;
  const bytes = Buffer.from(head).subarray(0, bytesMax);
  return bytes.toString('utf8').replace(/\ufffd$/, '');
}

/** Whether the line may have more than EVENT_BYTES_MAX, and then whether it has. */
export const isTooLong = (line: string): boolean =>
  line.length * CHARACTER_BYTES_MAX > EVENT_BYTES_MAX && Buffer.byteLength(line) > EVENT_BYTES_MAX;
