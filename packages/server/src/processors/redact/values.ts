/** Reading the value behind `password=`: where it ends is where a secret gets cut, so every form has its reader. */
export interface Value {
  start: number;
  end: number;
  quoted: boolean;
}

const SPACES_MAX = 8;
const BACKSLASHES_MAX = 7;
const BRACKETS_DEPTH_MAX = 32;

/**
 * The value that starts behind a separator at `from`, null when there is none on this line. Reads quotes with the
 * backslashes that JSON within JSON gives them, brackets, and bare words.
 */
export function readValue(text: string, from: number): Value | null {
  let p = skipSpaces(text, from);
  if (text.startsWith('<![CDATA[', p)) p += 9;
  // Python's b'…' and u'…'.
  if (/[bru]/i.test(text[p] ?? '') && /["']/.test(text[p + 1] ?? '')) p++;
  let backslashes = 0;
  while (backslashes < BACKSLASHES_MAX && text[p + backslashes] === '\\') backslashes++;
  const opening = text[p + backslashes];
  if (opening === '"' || opening === "'" || opening === '`') {
    const start = p + backslashes + 1;
    return { start, end: quoteEnd(text, start, opening, backslashes), quoted: true };
  }
  const isBracket = opening === '[' || opening === '{';
  const end = isBracket && backslashes === 0 ? bracketEnd(text, p) : bareEnd(text, p);
  return end > p ? { start: p, end, quoted: false } : null;
}

export function skipSpaces(text: string, from: number): number {
  let p = from;
  while (p < from + SPACES_MAX && (text[p] === ' ' || text[p] === '\t')) p++;
  return p;
}

/**
 * Where the quoted text ends: at a quote with as many backslashes as the opening one, or fewer (then the text around
 * it ends). More backslashes are an escaped quote inside, except that pairs of escaped backslashes may precede the end.
 * Without an end (the text was cut): the end of the line.
 */
function quoteEnd(text: string, start: number, quote: string, backslashes: number): number {
  let run = 0;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') {
      run++;
      continue;
    }
    if (character === '\n' || character === '\r') return i;
    if (character === quote) {
      if (run <= backslashes) return i - run;
      if ((run - backslashes) % (2 * (backslashes + 1)) === 0) return i - backslashes;
    }
    run = 0;
  }
  return text.length;
}

/** Where a list or an object ends: behind its closing bracket, or at the end of the line when it has none. */
function bracketEnd(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (character === '[' || character === '{') {
      if (++depth > BRACKETS_DEPTH_MAX) return lineEnd(text, i);
    } else if (character === ']' || character === '}') {
      if (--depth === 0) return i + 1;
    } else if (character === '"') {
      i = quoteEnd(text, i + 1, '"', 0);
    }
    if (text[i] === '\n' || text[i] === '\r') return i;
  }
  return text.length;
}

/** The end of the line, or of the quoted text that the position is in. */
export function lineEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const character = text[i];
    if (character === '\n' || character === '\r' || character === '"' || character === "'") {
      return i > from && text[i - 1] === '\\' ? i - 1 : i;
    }
  }
  return text.length;
}

/** May end a bare value, or be part of it: that shows in what follows. */
const CLOSING = /[,;&)}\]>|"'`]/;
/** Behind a closing character: the next pair begins, or more closing follows. Connection strings have names of two words. */
const NEXT_PAIR = /(?:amp;)?[ \t]?["'`\\]{0,4}[\w.\-[\]%]{1,40}["'`\\]{0,4}\s?(?:[=:]|%3[ad])/iy;
const NEXT_PAIR_OF_WORDS = /\w{1,20} \w{1,20}=/y;

/**
 * A bare value goes on to white space. Punctuation ends it only where it cannot be part of it: before white space, the
 * end, more punctuation or the next pair. `a,b` goes whole, `a,user=b` and `f(a)` do not.
 */
function bareEnd(text: string, start: number): number {
  let i = start;
  for (; i < text.length; i++) {
    const character = text[i];
    const code = text.charCodeAt(i);
    if (code <= 32 || code === 0xa0 || code === 0x2028 || code === 0x2029 || character === '<') break;
    if (character === '\\') {
      const next = text[i + 1] ?? '';
      if (/["'`]/.test(next) && endsAt(text, i + 2)) break;
      i++;
    } else if (CLOSING.test(character) && endsAt(text, i + 1)) {
      break;
    }
  }
  const end = Math.min(i, text.length);
  return end - start > 1 && text[end - 1] === '.' && text[end - 2] !== '.' ? end - 1 : end;
}

function endsAt(text: string, behind: number): boolean {
  const next = text[behind];
  if (next === undefined || next <= ' ' || CLOSING.test(next) || next === '\\' || next === '<') return true;
  NEXT_PAIR.lastIndex = behind;
  NEXT_PAIR_OF_WORDS.lastIndex = behind;
  return NEXT_PAIR.test(text) || (text[behind - 1] === ';' && NEXT_PAIR_OF_WORDS.test(text));
}

/** In percent-encoded text: up to the next encoded or plain separator. */
const ENCODED = /(?:%20|%22|%27|\+){0,8}((?:[^\s%&"'<>;,]|%(?!20|22|26|27|2C|7D|0A|0D|3B)[0-9A-Fa-f]{2}){1,1024})/iy;

export function readEncodedValue(text: string, from: number): Value | null {
  ENCODED.lastIndex = from;
  const match = ENCODED.exec(text);
  if (match === null) return null;
  const end = from + match[0].length;
  return { start: end - match[1].length, end, quoted: false };
}
