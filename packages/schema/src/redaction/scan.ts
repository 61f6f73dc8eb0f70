import { QUALIFIERS, SECRET_WORDS } from './names.ts';
import { FORM } from './rule-ids.ts';

/**
 * The glance: which rules may find something in a text, from its UTF-8 bytes alone. Most pairs of neighbouring bytes
 * mean nothing and cost one table look-up; a pair that stands in something a rule looks for gets a check of the bytes
 * around it. Digits are looked for apart, because short runs of them are everywhere in logs.
 */
const AT = 1;
const JWT = 2;
const AWS = 3;
const STRIPE = 4;
const GITHUB = 5;
const GITHUB_PAT = 6;
const STRIPE_WEBHOOK = 7;
const SLACK = 8;
const SLACK_APP = 9;
const SLACK_HOOK = 10;
const BEARER = 11;
const DASHES = 12;
const SEPARATOR = 13;
const ESCAPE = 14;
const QUOTE = 15;
const NUMBER = 16;

/** By first byte + second byte × 256, as a little-endian read gives them. */
const PAIR = new Uint8Array(65536);

function setPairs(firsts: string, seconds: string, check: number): void {
  for (const first of firsts) {
    for (const second of seconds) PAIR[first.charCodeAt(0) | (second.charCodeAt(0) << 8)] = check;
  }
}

const range = (from: number, to: number): string =>
  String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
const ANY_BYTE = range(0, 255);
const BLANKS = range(0, 32);
const QUOTES = '"\'`';
const DIGITS = '0123456789';
const JOINTS = '_-.[]$';
/** What the secret words and qualifiers end with. */
const LAST_LETTERS = [...new Set([...SECRET_WORDS, ...QUALIFIERS].map((word) => word.slice(-1)))].join('');

setPairs(LAST_LETTERS + LAST_LETTERS.toUpperCase() + DIGITS + JOINTS + QUOTES + BLANKS, '=:>', SEPARATOR);
setPairs('y', 'J', JWT);
setPairs('A', 'KSBC3', AWS);
setPairs('k', '_', STRIPE);
setPairs('c', '_', STRIPE_WEBHOOK);
setPairs('g', 'h', GITHUB);
setPairs('t', '_', GITHUB_PAT);
setPairs('o', 'x', SLACK);
setPairs('x', 'a', SLACK_APP);
setPairs('kKvV', '.', SLACK_HOOK);
setPairs('bB', 'eEaA', BEARER);
setPairs('-', '-', DASHES);
setPairs('%', '34', ESCAPE);
setPairs('\\', 'u', ESCAPE);
setPairs('\\', QUOTES, QUOTE);
setPairs(BLANKS, QUOTES, QUOTE);
setPairs('&', '#', AT);
setPairs(ANY_BYTE, '@', AT);
// Groups of digits joined by an underscore, or by a Unicode space or dash, which start with these bytes in UTF-8.
setPairs(DIGITS, '_\u00c2\u00e2', NUMBER);

const PAIR_IN_VALUES = PAIR.slice();
PAIR_IN_VALUES['"'.charCodeAt(0) | (':'.charCodeAt(0) << 8)] = 0;

const IS_DIGIT = new Uint8Array(256);
for (const digit of DIGITS) IS_DIGIT[digit.charCodeAt(0)] = 1;
/**
 * 1 for bytes that may stand inside a number written in groups: digits, and the common separators (`%` for `%20`). No
 * dot: addresses and versions are full of those.
 */
const IN_NUMBER = new Uint8Array(256);
for (const byte of Buffer.from(`${DIGITS} \t-/+%`)) IN_NUMBER[byte] = 1;

/** An `@` may end a password in a URL as well as a mailbox. */
const AT_SIGN = FORM.email | FORM.urlPassword;

/**
 * The forms of secrets that bytes[start, end) may hold, as bits of FORM. Never leaves out one that a rule finds there
 * (packages/server/test/fuzz/redact.ts), and for most texts names none. `view` spans the same bytes. Linear: two passes; a look back
 * ends at the previous separator.
 */
export function scan(bytes: Uint8Array, view: DataView, start: number, end: number, pairs: Uint8Array = PAIR): number {
  let mask = 0;
  let mayHoldNumber = hasNumber(bytes, view, start, end);
  for (let i = nextPair(pairs, view, start, end); i + 1 < end; i = nextPair(pairs, view, i + 1, end)) {
    const kind = pairs[view.getUint16(i, true)];
    if (kind === NUMBER) mayHoldNumber = true;
    else mask |= check(kind, bytes, start, end, i + 1);
  }
  return mayHoldNumber ? mask | scanDigits(bytes, start, end) : mask;
}

/**
 * As scan, for the values of an object in JSON text that has no escapes: there a quote before a colon ends a name, so
 * names do not count. Whoever writes the text judges them by themselves.
 */
export const scanValues = (bytes: Uint8Array, view: DataView, start: number, end: number): number =>
  scan(bytes, view, start, end, PAIR_IN_VALUES);

/** As scan, for a text that is no part of a column. */
export function scanText(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  return scan(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
}

/** Digits that a number of interest has at least: those of an SSN. */
const NUMBER_DIGITS_MIN = 9;
/** Of nine neighbouring bytes, seven that start at a multiple of three are always whole. */
const PROBE_STEP = 3;
const PROBE_BYTES = 7;
/** Set in letters and in nothing that stands inside a number. */
const LETTER_BITS = 0x40404040;

/**
 * Whether a stretch of digits and separators of groups has nine digits. Such a stretch has nine bytes or more, so one
 * of the probes of seven bytes lies wholly in it. Most probes see a letter and end there.
 */
function hasNumber(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
  let done = start;
  for (let p = start; p + PROBE_BYTES <= end; p += PROBE_STEP) {
    if (((view.getUint32(p, true) | view.getUint32(p + 3, true)) & LETTER_BITS) !== 0 || p < done) continue;
    if ((IN_NUMBER[bytes[p + 1]] & IN_NUMBER[bytes[p + 3]] & IN_NUMBER[bytes[p + 5]]) === 0) continue;
    let from = p + 3;
    while (from > done && IN_NUMBER[bytes[from - 1]] === 1) from--;
    let digits = 0;
    let to = from;
    while (to < end && IN_NUMBER[bytes[to]] === 1) digits += IS_DIGIT[bytes[to++]];
    if (digits >= NUMBER_DIGITS_MIN) return true;
    done = to;
  }
  return false;
}

/**
 * The first pair from `i` on that wants a check, by the place of its first byte; `end` when there is none.
 * Reads six pairs from two words at a time, which takes two thirds of the time. Without calls in it, for the same reason.
 */
function nextPair(pairs: Uint8Array, view: DataView, from: number, end: number): number {
  let i = from;
  for (; i + 8 <= end; i += 6) {
    const word = view.getUint32(i, true);
    const next = view.getUint32(i + 3, true);
    const found =
      pairs[word & 0xffff] |
      pairs[(word >>> 8) & 0xffff] |
      pairs[word >>> 16] |
      pairs[next & 0xffff] |
      pairs[(next >>> 8) & 0xffff] |
      pairs[next >>> 16];
    if (found !== 0) break;
  }
  for (; i + 1 < end; i++) if (pairs[view.getUint16(i, true)] !== 0) return i;
  return end;
}

/** `i` is the place of the pair's second byte. */
function check(kind: number, bytes: Uint8Array, start: number, end: number, i: number): number {
  switch (kind) {
    case SEPARATOR:
      return secretNameBefore(bytes, start, i);
    case BEARER:
      return matches(bytes, end, i + 1, ARER) || matches(bytes, end, i + 1, SIC) ? FORM.bearer : 0;
    case AT:
      return AT_SIGN;
    case JWT:
      return i - start >= 2 && bytes[i - 2] === 0x65 ? FORM.jwt : 0;
    case AWS:
      return matches(bytes, end, i + 1, IA) || matches(bytes, end, i + 1, CA) || bytes[i] === 0x33 ? FORM.awsKeyId : 0;
    case STRIPE:
      return i - start >= 2 && (bytes[i - 2] === 0x73 || bytes[i - 2] === 0x72) ? FORM.stripeKey : 0;
    case STRIPE_WEBHOOK:
      return i - start >= 5 && matches(bytes, end, i - 5, WHSEC) ? FORM.stripeKey : 0;
    case GITHUB:
      return i + 2 < end && bytes[i + 2] === 0x5f ? FORM.githubToken : 0;
    case GITHUB_PAT:
      return i - start >= 10 && matches(bytes, end, i - 10, GITHUB_PREFIX) ? FORM.githubToken : 0;
    case SLACK:
      return i - start >= 2 && bytes[i - 2] === 0x78 && i + 2 < end && bytes[i + 2] === 0x2d ? FORM.slackToken : 0;
    case SLACK_APP:
      return matches(bytes, end, i + 1, PP) ? FORM.slackToken : 0;
    case SLACK_HOOK:
      return (i - start >= 11 && matches(bytes, end, i - 11, HOOKS)) ||
        (i - start >= 15 && matches(bytes, end, i - 15, HOOKS_GOV))
        ? FORM.slackToken
        : 0;
    case DASHES:
      return checkDashes(bytes, end, i);
    case ESCAPE:
      return checkEscape(bytes, start, end, i);
    default:
      return checkQuote(bytes, start, bytes[i - 1] === 0x5c ? i - 1 : i);
  }
}

/** Bytes with the bit that makes letters lower-case, as they are compared. */
const textBytes = (value: string): Uint8Array => Buffer.from(value).map((byte) => byte | 32);
const ARER = textBytes('arer');
const SIC = textBytes('sic');
const IA = textBytes('ia');
const CA = textBytes('ca');
const PP = textBytes('pp-');
const WHSEC = textBytes('whsec');
const GITHUB_PREFIX = textBytes('github_pat');
const HOOKS = textBytes('hooks.slack');
const HOOKS_GOV = textBytes('hooks.slack-gov');
const BEGIN = textBytes('begin');
const END = textBytes('end');

/** Whether `word` stands at `p`, in any case. */
function matches(bytes: Uint8Array, end: number, p: number, word: Uint8Array): boolean {
  if (p + word.length > end) return false;
  for (let w = 0; w < word.length; w++) if ((bytes[p + w] | 32) !== word[w]) return false;
  return true;
}

/** `password 'x'`, with `i` at the quote or its first backslash. */
function checkQuote(bytes: Uint8Array, start: number, i: number): number {
  return i > start && bytes[i - 1] <= 32 && secretNameBefore(bytes, start, i) !== 0 ? FORM.quoted : 0;
}

/** Longest name of a command-line flag that is looked at. */
const FLAG_BYTES_MAX = 64;

/** `-----BEGIN`, `-----END`, `--password x`, seen at the second of two dashes. */
function checkDashes(bytes: Uint8Array, end: number, i: number): number {
  const name = i + 1;
  if (name >= end || bytes[name] === 0x2d) return 0;
  if (matches(bytes, end, name, BEGIN) || matches(bytes, end, name, END)) return FORM.privateKey;
  const limit = Math.min(end, name + FLAG_BYTES_MAX);
  let p = name;
  while (p < limit && bytes[p] > 32) p++;
  return p < end && bytes[p] <= 32 && secretWordBefore(bytes, i, p) !== 0 ? FORM.flag : 0;
}

/** `%40` and `\u0040` are an `@`, `%3D`, `%3A`, `\u003d`, `\u003a` and `\u003e` separators. */
function checkEscape(bytes: Uint8Array, start: number, end: number, i: number): number {
  let p = i;
  if (bytes[i - 1] === 0x5c) {
    if (i + 4 >= end || bytes[i + 1] !== 0x30 || bytes[i + 2] !== 0x30) return 0;
    p = i + 3;
  }
  if (p + 1 >= end) return 0;
  if (bytes[p] === 0x34 && bytes[p + 1] === 0x30) return AT_SIGN;
  if (bytes[p] !== 0x33) return 0;
  const low = bytes[p + 1] | 32;
  if (low !== 0x64 && low !== 0x61 && low !== 0x65) return 0;
  return secretNameBefore(bytes, start, i - 1);
}

/** Most bytes between two groups of digits of one number: an en dash in UTF-8 has three, ` - ` too. */
const DIGIT_GAP_MAX = 3;
/** Digits that the last run of every number of interest has at least. */
const LAST_RUN_MIN = 4;

/**
 * Runs of digits in a text that has at least nine near each other: one long run, 3-2-4 of an SSN, 4-4-4-4 or 4-6-5 of
 * a card. An escape before the first group (`%20`, `\u0020`) makes it longer, hence "at least".
 *
 * Each of them ends in a run of four digits or more, so it is enough to look at every fourth byte, and from such a run
 * back at the two before it: a quarter of the work of looking at all bytes, and most texts with nine digits have them
 * in the time they begin with.
 */
function scanDigits(bytes: Uint8Array, start: number, end: number): number {
  let mask = 0;
  for (let probe = start + LAST_RUN_MIN - 1; probe < end; probe += LAST_RUN_MIN) {
    if (IS_DIGIT[bytes[probe]] === 0) continue;
    const runStart = digitsStart(bytes, start, probe);
    let runEnd = probe + 1;
    while (runEnd < end && IS_DIGIT[bytes[runEnd]] === 1) runEnd++;
    if (runEnd - runStart >= LAST_RUN_MIN) mask |= formsOfRun(bytes, start, runStart, runEnd - runStart, mask);
    // No digit stands at the run's end, so four of the next run hold one of the probes from there on.
    probe = runEnd;
  }
  return mask;
}

/** The forms that a run of `run` digits at `runStart`, four at least, makes together with those close before it. */
function formsOfRun(bytes: Uint8Array, start: number, runStart: number, run: number, mask: number): number {
  if (run >= 14) return FORM.paymentCard;
  if (run === 9 && (mask & FORM.ssn) === 0 && isNamedSsn(bytes, start, runStart)) mask |= FORM.ssn;
  const lastEnd = digitsEndBefore(bytes, start, runStart);
  if (lastEnd === start) return mask;
  const lastStart = digitsStart(bytes, start, lastEnd);
  const beforeLastEnd = digitsEndBefore(bytes, start, lastStart);
  const beforeLast = beforeLastEnd - digitsStart(bytes, start, beforeLastEnd);
  const last = lastEnd - lastStart;
  if (last >= 4 && beforeLast >= 4) mask |= FORM.paymentCard;
  if (run === 4 && last === 2 && beforeLast >= 3) mask |= FORM.ssn;
  return mask;
}

/** Where the run of digits that reaches up to `p` begins; `p` when there is none. */
function digitsStart(bytes: Uint8Array, start: number, p: number): number {
  let from = p;
  while (from > start && IS_DIGIT[bytes[from - 1]] === 1) from--;
  return from;
}

/** Where the run of digits ends that is the last before `p` and close enough to it; `start` when there is none. */
function digitsEndBefore(bytes: Uint8Array, start: number, p: number): number {
  const nearest = Math.max(start, p - DIGIT_GAP_MAX);
  let before = p;
  while (before > nearest && IS_DIGIT[bytes[before - 1]] === 0) before--;
  return before > start && IS_DIGIT[bytes[before - 1]] === 1 ? before : start;
}

/** Most bytes between nine digits and the word that makes an SSN of them, the word included. */
const SSN_WORD_BYTES_MAX = 160;

/** Whether `ssn`, `sec` (of "social security") or `tax` may stand before. */
function isNamedSsn(bytes: Uint8Array, start: number, runStart: number): boolean {
  for (let p = Math.max(start + 1, runStart - SSN_WORD_BYTES_MAX); p < runStart; p++) {
    const letter = bytes[p] | 32;
    if (letter !== 0x6e && letter !== 0x63 && letter !== 0x78) continue;
    const before = bytes[p - 1] | 32;
    if ((letter === 0x6e && before === 0x73) || (letter === 0x63 && before === 0x65)) return true;
    if (letter === 0x78 && before === 0x61) return true;
  }
  return false;
}

/** A word that a name may end with, and the forms to look for then. */
interface Ending {
  bytes: Uint8Array;
  forms: number;
}

const formsOfWord = (word: string): number => {
  if (word === 'authorization') return FORM.pair | FORM.authorization;
  return word.endsWith('secret') || /^(?:access|secret)key$/.test(word) ? FORM.pair | FORM.awsSecret : FORM.pair;
};

/** Words by their last letter: a name that ends in none of them is let go after one look. */
function byLastLetter(words: readonly string[]): Ending[][] {
  const groups: Ending[][] = Array.from({ length: 128 }, () => []);
  for (const word of words) {
    groups[word.charCodeAt(word.length - 1)].push({ bytes: textBytes(word), forms: formsOfWord(word) });
  }
  return groups;
}
const SECRETS_BY_LETTER = byLastLetter(SECRET_WORDS);
const QUALIFIERS_BY_LETTER = byLastLetter(QUALIFIERS);

/** Most spaces between a name and its separator. */
const SPACES_MAX = 8;
/** Most backslashes before a quote: three levels of JSON within JSON. */
const BACKSLASHES_MAX = 7;

/** The forms that a name before `i` announces, give or take spaces, a quote and its backslashes. */
function secretNameBefore(bytes: Uint8Array, start: number, i: number): number {
  let p = i;
  const spacesFrom = Math.max(start, i - SPACES_MAX);
  while (p > spacesFrom && bytes[p - 1] <= 32) p--;
  if (p - start > 2 && bytes[p - 1] === 0x5d && isQuote(bytes[p - 2])) p--;
  if (p > start && isQuote(bytes[p - 1])) {
    p--;
    const backslashesFrom = Math.max(start, p - BACKSLASHES_MAX);
    while (p > backslashesFrom && bytes[p - 1] === 0x5c) p--;
  } else if (p - start >= 3 && bytes[p - 3] === 0x25 && bytes[p - 2] === 0x32) {
    p -= 3;
  }
  return secretWordBefore(bytes, start, p);
}

const isQuote = (byte: number): boolean => byte === 0x22 || byte === 0x27 || byte === 0x60;
const isJoint = (byte: number): boolean =>
  byte === 0x5f || byte === 0x2d || byte === 0x2e || byte === 0x5b || byte === 0x5d || byte === 0x24;

/** The forms that the name's last word announces, with digits or one qualifier behind it or without. */
function secretWordBefore(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && (IS_DIGIT[bytes[p - 1]] === 1 || isJoint(bytes[p - 1]))) p--;
  if (p === start || bytes[p - 1] > 127) return 0;
  const letter = bytes[p - 1] | 32;
  for (const { bytes: word, forms } of SECRETS_BY_LETTER[letter]) {
    if (wordStart(bytes, start, p, word) >= 0) return forms;
  }
  for (const { bytes: word } of QUALIFIERS_BY_LETTER[letter]) {
    const before = wordStart(bytes, start, p, word);
    if (before > start) return wordIsSecret(bytes, start, before) ? FORM.pair : 0;
  }
  return 0;
}

function wordIsSecret(bytes: Uint8Array, start: number, end: number): boolean {
  let p = end;
  while (p > start && isJoint(bytes[p - 1])) p--;
  if (p === start || bytes[p - 1] > 127) return false;
  return SECRETS_BY_LETTER[bytes[p - 1] | 32].some(({ bytes: word }) => wordStart(bytes, start, p, word) >= 0);
}

/** Where the word starts if it ends at `end`, else -1. Joints inside (`api_key`) do not count. */
function wordStart(bytes: Uint8Array, start: number, end: number, word: Uint8Array): number {
  let p = end;
  let w = word.length;
  while (w > 0 && p > start) {
    const byte = bytes[p - 1];
    if ((byte | 32) === word[w - 1]) w--;
    else if (!isJoint(byte) || w === word.length) return -1;
    p--;
  }
  return w === 0 ? p : -1;
}
