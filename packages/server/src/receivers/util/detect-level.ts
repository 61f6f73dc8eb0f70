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

/** Classes of bytes; 0 are those between words. One that begins what is looked for is three or more above the last. */
const IN_WORD = 1;
const BEGINS_LEVEL = 3;
/** What stands behind a key that has a value: `level=`, `"level":`. */
const BEHIND_KEY = 6;
const CLASS_OF_BYTE = WORD_BYTE.slice();
for (const [letter] of WORDS) {
  CLASS_OF_BYTE[letter.charCodeAt(0)] = BEGINS_LEVEL;
  CLASS_OF_BYTE[letter.toUpperCase().charCodeAt(0)] = BEGINS_LEVEL;
}
for (const byte of Buffer.from('="')) CLASS_OF_BYTE[byte] = BEHIND_KEY;

/**
 * The severity that a log line states of itself, 0 when none: the value of a level field of a JSON or logfmt line, else
 * the first level that stands in it as a whole word. This is what Loki does when `discover_log_levels` is on
 * (https://grafana.com/docs/loki/latest/send-data/log-level-detection/), without parsing the line.
 */
export function detectLevel(source: Buffer, start: number, lineEnd: number): number {
  const end = Math.min(lineEnd, start + SEARCHED_BYTES_MAX);
  let before = 0;
  for (let p = start; p < end; p++) {
    const byteClass = CLASS_OF_BYTE[source[p]];
    if (byteClass - before < BEGINS_LEVEL) {
      before = byteClass;
    } else if (byteClass === BEHIND_KEY) {
      const level = levelOfField(source, start, p, end);
      if (level !== 0) return level;
      before = 0;
    } else {
      let wordEnd = p + 1;
      while (wordEnd < end && WORD_BYTE[source[wordEnd]] === 1) wordEnd++;
      const level = find(source, p, wordEnd - p)?.severityNumber ?? 0;
      if (level !== 0) return levelOfFields(source, start, wordEnd, end) || level;
      p = wordEnd - 1;
      before = IN_WORD;
    }
  }
  return 0;
}

/** The level of the first field that states one and whose name ends in [from, end); 0 when none does. */
function levelOfFields(source: Buffer, start: number, from: number, end: number): number {
  let p = from;
  // Four bytes at a time, which takes half of the time: the highest class has a bit of its own.
  for (; p + 4 <= end; p += 4) {
    const classes =
      CLASS_OF_BYTE[source[p]] |
      CLASS_OF_BYTE[source[p + 1]] |
      CLASS_OF_BYTE[source[p + 2]] |
      CLASS_OF_BYTE[source[p + 3]];
    if (classes < 4) continue;
    for (let i = p; i < p + 4; i++) {
      const level = levelOfField(source, start, i, end);
      if (level !== 0) return level;
    }
  }
  for (; p < end; p++) {
    const level = levelOfField(source, start, p, end);
    if (level !== 0) return level;
  }
  return 0;
}

/** The level of the field whose name ends at `p`; 0 when none does, or it states none. */
function levelOfField(source: Buffer, start: number, p: number, end: number): number {
  if (CLASS_OF_BYTE[source[p]] !== BEHIND_KEY) return 0;
  let word = p;
  while (word > start && p - word <= LENGTH_MAX && WORD_BYTE[source[word - 1]] === 1) word--;
  return find(source, word, p - word)?.severityNumber === 0 ? valueBehind(source, p, end) : 0;
}

function find(source: Buffer, start: number, length: number): Entry | null {
  if (length === 0 || length > LENGTH_MAX || HAS_ENTRIES[slotOf(source[start], length)] === 0) return null;
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
