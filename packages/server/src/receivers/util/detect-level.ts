import { severityNumberOfLevel, severityNumberOfText } from '@tailwater/schema';

/** Bytes of a line that are searched: a level stands at the beginning, and a long line must not cost for its length. */
const SEARCHED_BYTES_MAX = 4096;

/** 1 for the bytes that words are made of. */
const WORD_BYTE = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) WORD_BYTE[byte] = /\w/.test(String.fromCharCode(byte)) ? 1 : 0;

const KEYS = ['level', 'lvl', 'severity', 'severity_text', 'severitytext', 'loglevel', 'log_level'];
const WORDS = ['trace', 'debug', 'info', 'warn', 'warning', 'err', 'error', 'critical', 'fatal'];

interface Entry {
  bytes: Buffer;
  /** The severity number of a word, 0 for a key. */
  severityNumber: number;
}

/** Keys and words by their length and first letter. */
const ENTRIES: Entry[][] = [];
for (const text of [...KEYS, ...WORDS]) {
  const slot = slotOf(text.charCodeAt(0), text.length);
  ENTRIES[slot] ??= [];
  ENTRIES[slot].push({
    bytes: Buffer.from(text),
    severityNumber: KEYS.includes(text) ? 0 : severityNumberOfText(text),
  });
}
const LENGTH_MAX = 13;
const HAS_ENTRIES = new Uint8Array(32 * 16);
for (const slot in ENTRIES) HAS_ENTRIES[slot] = 1;

function slotOf(firstByte: number, length: number): number {
  return ((firstByte & 31) << 4) | length;
}

/**
 * The severity that a log line states of itself, 0 when none: the value of a level field of a JSON or logfmt line, else
 * the first level that stands in it as a whole word. This is what Loki does when `discover_log_levels` is on
 * (https://grafana.com/docs/loki/latest/send-data/log-level-detection/), without parsing the line.
 */
export function detectLevel(source: Buffer, start: number, lineEnd: number): number {
  const end = Math.min(lineEnd, start + SEARCHED_BYTES_MAX);
  let firstWord = 0;
  let p = start;
  while (p < end) {
    if (WORD_BYTE[source[p]] === 0) {
      p++;
      continue;
    }
    const word = p;
    while (p < end && WORD_BYTE[source[p]] === 1) p++;
    const length = p - word;
    if (length > LENGTH_MAX || HAS_ENTRIES[slotOf(source[word], length)] === 0) continue;
    const entry = find(source, word, length);
    if (entry === null) continue;
    if (entry.severityNumber === 0) {
      const severityNumber = valueBehind(source, p, end);
      if (severityNumber !== 0) return severityNumber;
    } else if (firstWord === 0) {
      firstWord = entry.severityNumber;
    }
  }
  return firstWord;
}

function find(source: Buffer, start: number, length: number): Entry | null {
  for (const entry of ENTRIES[slotOf(source[start], length)]) {
    let i = 0;
    // The bytes of a word are letters, digits and `_`; none of the last two becomes a letter by the bit for lower case.
    while (i < length && (source[start + i] | 0x20) === (entry.bytes[i] | 0x20)) i++;
    if (i === length) return entry;
  }
  return null;
}

/** Reads what stands behind a level's key: `=warn`, `="warn"`, `": "warn"`, `":40`. 0 when that is no level. */
function valueBehind(source: Buffer, position: number, end: number): number {
  let p = position;
  if (source[p] === 0x3d) {
    p++;
  } else {
    if (source[p] !== 0x22) return 0;
    p = skipSpaces(source, p + 1, end);
    if (source[p] !== 0x3a) return 0;
    p = skipSpaces(source, p + 1, end);
  }
  if (source[p] === 0x22) p++;
  const start = p;
  while (p < end && p < start + 16 && WORD_BYTE[source[p]] === 1) p++;
  const text = source.toString('latin1', start, p);
  return /^\d+$/.test(text) ? severityNumberOfLevel(Number(text)) : severityNumberOfText(text);
}

function skipSpaces(source: Buffer, position: number, end: number): number {
  let p = position;
  while (p < end && source[p] === 0x20) p++;
  return p;
}
