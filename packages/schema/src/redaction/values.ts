import { isPlaceholder } from './placeholders.ts';

/** Reading the value behind `password=`: where it ends is where a secret gets cut, so every form has its reader. */
export interface Value {
  start: number;
  end: number;
  form: 'bare' | 'quoted' | 'listed';
}

/** One value, several in brackets, or none; `end` is behind all that was read for good. */
export interface Values {
  values: Value[];
  end: number;
  inBrackets: boolean;
}

const one = (start: number, end: number, form: Value['form']): Values => ({
  values: [{ start, end, form }],
  end,
  inBrackets: false,
});
const nothing = (end: number): Values => ({ values: [], end, inBrackets: false });

const SPACES_MAX = 8;
/** `[FILTERED]`, `{{ password }}`: brackets that may be a placeholder. */
const BRACKETED = /\{\{[^{}\n]{0,60}\}\}|[[{]{1,3}[^\s[\]{}]{0,60}[\]}]{1,3}/y;
const BACKSLASHES_MAX = 7;

/**
 * The values that start behind a separator at `from`: one, several in brackets, or none on this line. Reads quotes with
 * the backslashes that JSON within JSON gives them, lists and objects, and bare words.
 */
export function readValues(text: string, from: number): Values {
  let p = skipSpaces(text, from);
  if (text.startsWith('<![CDATA[', p)) p += 9;
  // Python's b'…' and u'…'.
  if (/[bru]/i.test(text[p] ?? '') && /["']/.test(text[p + 1] ?? '')) p++;
  const quote = quoteAt(text, p);
  if (quote !== null) return one(quote.start, quote.end, 'quoted');
  if (text[p] === '[' || text[p] === '{') {
    BRACKETED.lastIndex = p;
    return isPlaceholder(BRACKETED.exec(text)?.[0] ?? '[') ? nothing(p) : readBrackets(text, p);
  }
  const end = bareEnd(text, p);
  return end > p ? one(p, end, 'bare') : nothing(p);
}

function skipSpaces(text: string, from: number): number {
  let p = from;
  while (p < from + SPACES_MAX && (text[p] === ' ' || text[p] === '\t')) p++;
  return p;
}

/** The quoted text that opens at `p`: the bounds of what is inside, and the position behind. */
function quoteAt(text: string, p: number): { start: number; end: number; behind: number } | null {
  let backslashes = 0;
  while (backslashes < BACKSLASHES_MAX && text[p + backslashes] === '\\') backslashes++;
  const quote = text[p + backslashes];
  if (quote !== '"' && quote !== "'" && quote !== '`') return null;
  const start = p + backslashes + 1;
  const end = quoteEnd(text, start, quote, backslashes);
  return { start, end, behind: end + backslashes + 1 };
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

/** Bare text in brackets, as in `[a, b]`. */
const LISTED_WORD = /[^\s,:[\]{}"'`\\]+/y;
const BEFORE_VALUE = /[ \t]{0,8}(?::|=)/y;

/**
 * The values of a list or an object on one line, those of the objects inside too; keys are left out. Each on its own,
 * so that JSON stays JSON. Ends where the brackets close.
 */
function readBrackets(text: string, start: number): Values {
  const values: Value[] = [];
  let depth = 0;
  let p = start;
  while (p < text.length && text[p] !== '\n' && text[p] !== '\r') {
    if (text[p] === '[' || text[p] === '{') depth++;
    if ((text[p] === ']' || text[p] === '}') && --depth === 0) break;
    LISTED_WORD.lastIndex = p;
    const quote = quoteAt(text, p);
    const wordEnd = quote === null ? p + (LISTED_WORD.exec(text)?.[0].length ?? 0) : quote.behind;
    if (wordEnd === p) {
      p++;
      continue;
    }
    BEFORE_VALUE.lastIndex = wordEnd;
    const value = { start: quote?.start ?? p, end: quote?.end ?? wordEnd, form: 'listed' } as const;
    if (!BEFORE_VALUE.test(text) && value.end > value.start) values.push(value);
    p = wordEnd;
  }
  return { values, end: p, inBrackets: true };
}

/** The end of the line, or of the quoted text that the position is in. */
function lineEnd(text: string, from: number): number {
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

/** As readValues, for a header: pairs with semicolons, to the end of the line. One word without a `=` is no header. */
export function readHeader(text: string, from: number): Values {
  const read = readValues(text, from);
  const [first] = read.values;
  if (first?.form !== 'bare' || !text.slice(first.start, Math.min(first.end, first.start + 100)).includes('='))
    return read;
  return one(first.start, lineEnd(text, first.start), 'bare');
}

/** In percent-encoded text: up to the next encoded or plain separator. */
const ENCODED = /(?:%20|%22|%27|\+){0,8}((?:[^\s%&"'<>;,]|%(?!20|22|26|27|2C|7D|0A|0D|3B)[0-9A-Fa-f]{2}){1,1024})/iy;

export function readEncodedValue(text: string, from: number): Values {
  ENCODED.lastIndex = from;
  const match = ENCODED.exec(text);
  if (match === null) return nothing(from);
  const end = from + match[0].length;
  return one(end - match[1].length, end, 'bare');
}
