import { QUALIFIERS, SECRET_WORDS } from './names.ts';
import { RULE_BIT } from './rule-ids.ts';

/**
 * The glance: which rules may find something in a text, from its UTF-8 bytes alone. Most pairs of neighbouring bytes
 * mean nothing and cost one table look-up; a pair that stands in something a rule looks for gets a check of the bytes
 * around it. Digits are counted without a branch, because runs of them are everywhere in logs and a mispredicted
 * branch costs more than ten bytes.
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

const PAIR = new Uint8Array(65536);

function setPairs(firsts: string, seconds: string, check: number): void {
  for (const first of firsts) {
    for (const second of seconds) PAIR[(first.charCodeAt(0) << 8) | second.charCodeAt(0)] = check;
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

const IS_DIGIT = new Uint8Array(256);
for (const digit of DIGITS) IS_DIGIT[digit.charCodeAt(0)] = 1;
/**
 * All bits for bytes that may stand inside a number written in groups: digits, and what separates groups (spaces,
 * dashes, also the Unicode ones and `%20`). No dot: addresses and versions are full of those.
 */
const KEEPS_COUNT = new Uint8Array(256).fill(255, 0x80, 0xf0);
for (const byte of Buffer.from(`${DIGITS} \t-_/+%`)) KEEPS_COUNT[byte] = 255;
/** Added to the count of digits so that nine of them set the bit 16. */
const NINE_TO_SIXTEEN = 7;

/** Rules whose secret follows a name: `password=`, `Authorization:`, `aws_secret_access_key =`. */
const NAMED = RULE_BIT.password | RULE_BIT.bearer | RULE_BIT.awsKey;
/** An `@` may end a password in a URL as well as a mailbox. */
const AT_SIGN = RULE_BIT.email | RULE_BIT.password;

/**
 * The rules that may find something in bytes[start, end), as a mask. Never leaves out a rule that does find something
 * (test/fuzz/redact.ts), and for most texts names none. Linear: two passes; a look back ends at the previous separator.
 */
export function scan(bytes: Uint8Array, start: number, end: number): number {
  let mask = hasNineDigits(bytes, start, end) ? scanDigits(bytes, start, end) : 0;
  for (let i = nextPair(bytes, start, end); i < end; i = nextPair(bytes, i + 1, end)) {
    mask |= check(PAIR[(bytes[i - 1] << 8) | bytes[i]], bytes, start, end, i);
  }
  return mask;
}

/** Whether nine digits stand near each other, with only separators of groups between them. */
function hasNineDigits(bytes: Uint8Array, start: number, end: number): boolean {
  let digits = 0;
  let seen = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    digits = (digits + IS_DIGIT[byte]) & KEEPS_COUNT[byte];
    seen |= digits + NINE_TO_SIXTEEN;
  }
  return seen >= 16;
}

/**
 * The first place from `from` on where a pair ends that wants a check. A function of its own without calls in it: with
 * the checks inside, the loop takes half as long again.
 */
function nextPair(bytes: Uint8Array, from: number, end: number): number {
  let pair = from > 0 ? bytes[from - 1] : 0;
  for (let i = from; i < end; i++) {
    pair = ((pair << 8) | bytes[i]) & 0xffff;
    if (PAIR[pair] !== 0) return i;
  }
  return end;
}

/** `i` is the place of the pair's second byte. */
function check(kind: number, bytes: Uint8Array, start: number, end: number, i: number): number {
  switch (kind) {
    case SEPARATOR:
      return secretNameBefore(bytes, start, i) ? NAMED : 0;
    case BEARER:
      return matches(bytes, end, i + 1, ARER) || matches(bytes, end, i + 1, SIC) ? RULE_BIT.bearer : 0;
    case AT:
      return AT_SIGN;
    case JWT:
      return i - start >= 2 && bytes[i - 2] === 0x65 ? RULE_BIT.jwt : 0;
    case AWS:
      return matches(bytes, end, i + 1, IA) || matches(bytes, end, i + 1, CA) || bytes[i] === 0x33
        ? RULE_BIT.awsKey
        : 0;
    case STRIPE:
      return i - start >= 2 && (bytes[i - 2] === 0x73 || bytes[i - 2] === 0x72) ? RULE_BIT.stripeKey : 0;
    case STRIPE_WEBHOOK:
      return i - start >= 5 && matches(bytes, end, i - 5, WHSEC) ? RULE_BIT.stripeKey : 0;
    case GITHUB:
      return i + 2 < end && bytes[i + 2] === 0x5f ? RULE_BIT.githubToken : 0;
    case GITHUB_PAT:
      return i - start >= 10 && matches(bytes, end, i - 10, GITHUB_PREFIX) ? RULE_BIT.githubToken : 0;
    case SLACK:
      return i - start >= 2 && bytes[i - 2] === 0x78 && i + 2 < end && bytes[i + 2] === 0x2d ? RULE_BIT.slackToken : 0;
    case SLACK_APP:
      return matches(bytes, end, i + 1, PP) ? RULE_BIT.slackToken : 0;
    case SLACK_HOOK:
      return (i - start >= 11 && matches(bytes, end, i - 11, HOOKS)) ||
        (i - start >= 15 && matches(bytes, end, i - 15, HOOKS_GOV))
        ? RULE_BIT.slackToken
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
  return i > start && bytes[i - 1] <= 32 && secretNameBefore(bytes, start, i) ? RULE_BIT.password : 0;
}

/** Longest name of a command-line flag that is looked at. */
const FLAG_BYTES_MAX = 64;

/** `-----BEGIN`, `-----END`, `--password x`, seen at the second of two dashes. */
function checkDashes(bytes: Uint8Array, end: number, i: number): number {
  const name = i + 1;
  if (name >= end || bytes[name] === 0x2d) return 0;
  if (matches(bytes, end, name, BEGIN) || matches(bytes, end, name, END)) return RULE_BIT.privateKey;
  const limit = Math.min(end, name + FLAG_BYTES_MAX);
  let p = name;
  while (p < limit && bytes[p] > 32) p++;
  return p < end && bytes[p] <= 32 && endsWithSecretWord(bytes, i, p) ? RULE_BIT.password : 0;
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
  return secretNameBefore(bytes, start, i - 1) ? NAMED : 0;
}

/** Most bytes between two groups of digits of one number: an en dash in UTF-8 has three, ` - ` too. */
const DIGIT_GAP_MAX = 3;

/**
 * Runs of digits in a text that has at least nine near each other: one long run, 3-2-4 of an SSN, 4-4-4-4 or 4-6-5 of
 * a card. An escape before the first group (`%20`, `\u0020`) makes it longer, hence "at least".
 */
function scanDigits(bytes: Uint8Array, start: number, end: number): number {
  let mask = 0;
  let last = 0;
  let beforeLast = 0;
  let lastEnd = start;
  let i = start;
  while (i < end) {
    if (IS_DIGIT[bytes[i]] === 0) {
      i++;
      continue;
    }
    const runStart = i++;
    while (i < end && IS_DIGIT[bytes[i]] === 1) i++;
    const run = i - runStart;
    if (runStart - lastEnd > DIGIT_GAP_MAX) {
      last = 0;
      beforeLast = 0;
    }
    if (run >= 14 || (run >= 4 && last >= 4 && beforeLast >= 4)) mask |= RULE_BIT.paymentCard;
    if (run === 9 || (run === 4 && last === 2 && beforeLast >= 3)) mask |= RULE_BIT.usSsn;
    beforeLast = last;
    last = run;
    lastEnd = i;
  }
  return mask;
}

/** Words by their last letter: a name that ends in none of them is let go after one look. */
function byLastLetter(words: readonly string[]): Uint8Array[][] {
  const groups: Uint8Array[][] = Array.from({ length: 128 }, () => []);
  for (const word of words) groups[word.charCodeAt(word.length - 1)].push(textBytes(word));
  return groups;
}
const SECRETS_BY_LETTER = byLastLetter(SECRET_WORDS);
const QUALIFIERS_BY_LETTER = byLastLetter(QUALIFIERS);

/** Most spaces between a name and its separator. */
const SPACES_MAX = 8;
/** Most backslashes before a quote: three levels of JSON within JSON. */
const BACKSLASHES_MAX = 7;

/** Whether a name that announces a secret ends before `i`, give or take spaces, a quote and its backslashes. */
function secretNameBefore(bytes: Uint8Array, start: number, i: number): boolean {
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
  return endsWithSecretWord(bytes, start, p);
}

const isQuote = (byte: number): boolean => byte === 0x22 || byte === 0x27 || byte === 0x60;
const isJoint = (byte: number): boolean =>
  byte === 0x5f || byte === 0x2d || byte === 0x2e || byte === 0x5b || byte === 0x5d || byte === 0x24;

function endsWithSecretWord(bytes: Uint8Array, start: number, end: number): boolean {
  let p = end;
  while (p > start && (IS_DIGIT[bytes[p - 1]] === 1 || isJoint(bytes[p - 1]))) p--;
  if (p === start || bytes[p - 1] > 127) return false;
  const letter = bytes[p - 1] | 32;
  if (wordEndingAt(bytes, start, p, SECRETS_BY_LETTER[letter]) >= 0) return true;
  const behind = wordEndingAt(bytes, start, p, QUALIFIERS_BY_LETTER[letter]);
  if (behind <= start) return false;
  p = behind;
  while (p > start && isJoint(bytes[p - 1])) p--;
  return p > start && bytes[p - 1] < 128 && wordEndingAt(bytes, start, p, SECRETS_BY_LETTER[bytes[p - 1] | 32]) >= 0;
}

/** Where one of the words that ends at `end` starts, -1 when none does. Joints inside (`api_key`) do not count. */
function wordEndingAt(bytes: Uint8Array, start: number, end: number, words: readonly Uint8Array[]): number {
  for (const word of words) {
    let p = end;
    let w = word.length;
    while (w > 0 && p > start) {
      const byte = bytes[p - 1];
      if ((byte | 32) === word[w - 1]) w--;
      else if (!isJoint(byte) || w === word.length) break;
      p--;
    }
    if (w === 0) return p;
  }
  return -1;
}
