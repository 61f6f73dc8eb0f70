/** Behind it a line is one placeholder: what tells messages apart stands at their beginning. */
const CHARACTERS_MAX = 3000;
/** Words of a line; the last one may stand for the whole rest. */
export const WORDS_MAX = 80;

/** A field's name in logfmt or JSON: part of the line's shape, never a placeholder. */
export const KEY = 1;
/** Has a digit: an identifier, a number, a time. It may differ between lines that are alike. */
export const NUMERIC = 2;
/** Always a placeholder: the rest of a long line, or a word that would read as a named capture, such as `<a>`. */
export const FORCED = 4;

/** What a character is. Everything from 128 on is part of a word. */
const DELIMITER = 0;
/** Part of a word that has others: `10.0.0.1`, `/api/v1`, `a-b`, `12:30`. Alone it delimits. */
const SOFT = 1;
const WORD = 2;
const DIGIT = 3;

const CLASSES = new Uint8Array(128);
for (const character of '-.:/+~') CLASSES[character.charCodeAt(0)] = SOFT;
for (const [first, last, kind] of ['azW', 'AZW', '__W', '09D'] as const) {
  for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) CLASSES[code] = kind === 'D' ? DIGIT : WORD;
}

const DOT = 0x2e;
const COLON = 0x3a;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const LESS = 0x3c;
const GREATER = 0x3e;

const HASH_PRIME = 0x01000193;
const WORD_MARK = 0x1ff;

/**
 * Cuts lines into words and what stands between them. Holds the last line's words; one object serves many lines.
 *
 * Words are cut so that a pattern with any of them replaced by `<_>` finds its line as Loki's pattern filter reads it,
 * which takes the first place where the literal behind a capture is found: that literal begins with a character that no
 * word has (or with colons and dots before one), so it can't be found within the word.
 */
export class LineWords {
  count = 0;
  /** Word i is [starts[i], ends[i]). What stands before it begins at ends[i - 1], or 0. */
  readonly starts = new Int32Array(WORDS_MAX);
  readonly ends = new Int32Array(WORDS_MAX);
  /** KEY, NUMERIC, FORCED. */
  readonly kinds = new Uint8Array(WORDS_MAX);
  /** Hash of keys and of what stands between words. */
  shape = 0;
  /** Hash of everything but numeric words. */
  skeleton = 0;

  scan(line: string, seed: number): void {
    const limit = Math.min(line.length, CHARACTERS_MAX);
    this.count = 0;
    this.shape = seed;
    this.skeleton = seed;
    let at = 0;
    let isWhole = line.length <= CHARACTERS_MAX;
    while (at < limit) {
      const code = line.charCodeAt(at);
      if (code < 128 && CLASSES[code] === DELIMITER) {
        this.shape = Math.imul(this.shape ^ code, HASH_PRIME);
        at++;
        continue;
      }
      const end = segmentEnd(line, at, limit);
      const isCut = end === limit && !isWhole;
      if (isCut || (this.count === WORDS_MAX - 1 && !isSoft(line, at, end))) {
        this.addRest(line, at);
        isWhole = true;
        break;
      }
      this.addSegment(line, at, end);
      at = end;
    }
    if (!isWhole) this.addRest(line, limit);
    this.skeleton = Math.imul(this.skeleton ^ this.shape, HASH_PRIME);
  }

  private addRest(line: string, start: number): void {
    this.starts[this.count] = start;
    this.ends[this.count] = line.length;
    this.kinds[this.count++] = FORCED;
    this.shape = Math.imul(this.shape ^ FORCED, HASH_PRIME);
  }

  /** A segment has no delimiters; what is soft at its edges may belong to what stands between words. */
  private addSegment(line: string, segmentStart: number, segmentEnd: number): void {
    let start = segmentStart;
    let end = segmentEnd;
    while (start < end && line.charCodeAt(start) === COLON) start++;
    if (end < line.length) while (end > start && isTrailing(line.charCodeAt(end - 1))) end--;
    let hash = 0;
    let kind = 0;
    let soft = true;
    for (let i = start; i < end; i++) {
      const code = line.charCodeAt(i);
      hash = Math.imul(hash ^ code, HASH_PRIME);
      const characterClass = code < 128 ? CLASSES[code]! : WORD;
      if (characterClass === SOFT) continue;
      soft = false;
      if (characterClass === DIGIT) kind = NUMERIC;
    }
    if (soft) {
      this.mixShape(line, segmentStart, segmentEnd);
      return;
    }
    this.mixShape(line, segmentStart, start);
    if (kind === 0 && isKey(line, end)) kind = KEY;
    else if (isNamedCapture(line, start, end)) kind |= FORCED;
    this.shape = Math.imul(this.shape ^ (kind === KEY ? hash : WORD_MARK), HASH_PRIME);
    if ((kind & NUMERIC) === 0) this.skeleton = Math.imul(this.skeleton ^ hash, HASH_PRIME);
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.kinds[this.count++] = kind;
    this.mixShape(line, end, segmentEnd);
  }

  private mixShape(line: string, start: number, end: number): void {
    for (let i = start; i < end; i++) this.shape = Math.imul(this.shape ^ line.charCodeAt(i), HASH_PRIME);
  }
}

function segmentEnd(line: string, start: number, limit: number): number {
  let end = start;
  while (end < limit) {
    const code = line.charCodeAt(end);
    if (code < 128 && CLASSES[code] === DELIMITER) break;
    end++;
  }
  return end;
}

function isSoft(line: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = line.charCodeAt(i);
    if (code >= 128 || CLASSES[code] !== SOFT) return false;
  }
  return true;
}

function isTrailing(code: number): boolean {
  return code === COLON || code === DOT;
}

/** `key=`, or `key":` in JSON. */
function isKey(line: string, end: number): boolean {
  const next = line.charCodeAt(end);
  return next === EQUALS || (next === QUOTE && line.charCodeAt(end + 1) === COLON);
}

/** `<name>` in a pattern is a capture, whatever it was in the line. */
function isNamedCapture(line: string, start: number, end: number): boolean {
  if (line.charCodeAt(start - 1) !== LESS || line.charCodeAt(end) !== GREATER) return false;
  for (let i = start; i < end; i++) {
    const code = line.charCodeAt(i);
    if (code >= 128 || CLASSES[code]! < WORD) return false;
  }
  return true;
}

export function hasDigit(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) return true;
  }
  return false;
}
