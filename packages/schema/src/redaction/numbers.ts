import { blankEscapes, eachMatch, type FindSpans, type Span } from './spans.ts';

/** What may stand between the groups of a card number. No dot or comma: lists and versions are full of those. */
const GROUP_JOINT = String.raw`(?: - |\x20{1,3}|[\t\-_/+\u00a0\u2007\u2009\u202f\u2010-\u2015])`;
const CARD = new RegExp(
  `(?<!\\d)(?:\\d{14,19}|\\d{4}(?:${GROUP_JOINT}\\d{4}){3}(?:${GROUP_JOINT}\\d{1,3})?|` +
    `\\d{4}${GROUP_JOINT}\\d{6}${GROUP_JOINT}\\d{4,5})(?!\\d)`,
  'g',
);
const FOUR_GROUPS = new RegExp(`\\d{4}(?:${GROUP_JOINT}\\d{4}){3}(?!\\d)`, 'y');

/**
 * Prefixes of issuers with the lengths of their numbers. 19 digits only where cards really have them, since random
 * 64-bit ids have 19 too; Visa's old 13 not at all, since article numbers and epoch milliseconds have 13.
 * https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)
 */
const ISSUERS: readonly [prefix: RegExp, lengths: readonly number[]][] = [
  [/^4/, [16]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^(?:30[0-5]|3095|36|38|39)/, [14]],
  [/^62/, [16, 17, 18, 19]],
  [/^220[0-4]/, [16]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [16, 18, 19]],
];

/** Payment cards: an issuer's prefix and length and a right check digit (Luhn, ISO/IEC 7812-1). */
export const findPaymentCards: FindSpans = (escapedText, rule, spans) => {
  const text = blankEscapes(escapedText);
  CARD.lastIndex = 0;
  for (let match = CARD.exec(text); match !== null; match = CARD.exec(text)) {
    const start = match.index;
    const number = cardAt(text, start, match[0]);
    if (number === '') {
      // The group after this one may start a card: `order 1234 4111 1111 …`.
      CARD.lastIndex = start + 1;
    } else {
      spans.push({ start, end: start + number.length, rule });
    }
  }
};

/**
 * The card number that starts at `start`, of what matched there or of its first four groups; '' when it is none. More
 * than 16 digits behind a prefix are taken for a random 64-bit id (`blk_6285161494041403917`).
 */
function cardAt(text: string, start: number, matched: string): string {
  const isLongId = matched.length > 16 && /^\d+$/.test(matched) && /[\w-]/.test(text[start - 1] ?? '');
  if (isCard(digitsOf(matched)) && !isLongId && !isPartOfMore(text, start, matched)) return matched;
  FOUR_GROUPS.lastIndex = start;
  const groups = FOUR_GROUPS.exec(text)?.[0] ?? '';
  return groups !== '' && groups !== matched && isCard(digitsOf(groups)) ? groups : '';
}

const digitsOf = (text: string): string => text.replace(/\D/g, '');

function isCard(digits: string): boolean {
  return ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits)) && isLuhn(digits);
}

function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Characters around a number that are looked at to see whether it is part of a hexadecimal id. */
const NEIGHBOURS_MAX = 64;
/** Shorter ones are a number behind a short word: `cc4111…`. */
const HEX_ID_MIN = 20;

/** Part of a number with decimals or of a hexadecimal id. */
function isPartOfMore(text: string, start: number, matched: string): boolean {
  const end = start + matched.length;
  if (/[.,]/.test(text[start - 1] ?? '') && /\d/.test(text[start - 2] ?? '')) return true;
  if (text[end] === '.' && /\d/.test(text[end + 1] ?? '')) return true;
  let from = start;
  let to = end;
  while (from > 0 && start - from < NEIGHBOURS_MAX && /\w/.test(text[from - 1])) from--;
  while (to < text.length && to - end < NEIGHBOURS_MAX && /\w/.test(text[to])) to++;
  const word = text.slice(from, start) + text.slice(end, to);
  return matched.length + word.length >= HEX_ID_MIN && (/^[0-9a-f]+$/.test(word) || /^[0-9A-F]+$/.test(word));
}

/** Area, group and serial that can have been given out: https://www.ssa.gov/employer/randomization.html */
const AREA = '(?!000|666|9\\d\\d)\\d{3}';
const GROUP = '(?!00)\\d{2}';
const SERIAL = '(?!0000)\\d{4}';
const SSN_DASHED = new RegExp(`(?<![\\w.-])${AREA}([-\\u2010-\\u2013])${GROUP}\\1${SERIAL}(?![\\w-]|\\.\\d)`, 'g');
const SSN_SPACED = new RegExp(`(?<![\\w.-])${AREA}[ \\u00a0]${GROUP}[ \\u00a0]${SERIAL}(?![\\w-]|\\.\\d)`, 'g');
const SSN_NAMED = new RegExp(
  `(?:ssn|social[ _.-]?security|soc[ _.-]?sec|taxpayer|tax[ _-]?id)[^\\d\\n]{0,32}` +
    `(${AREA}${GROUP}${SERIAL}|${AREA}[ /-]${GROUP}[ /-]${SERIAL})(?!\\d)`,
  'gi',
);

/**
 * US social security numbers: 3-2-4 with dashes; with spaces, unless it stands among numbers or where logs put a status
 * and sizes; anything else only behind a word that says so.
 */
export const findSsns: FindSpans = (escapedText, rule, spans) => {
  const text = blankEscapes(escapedText);
  eachMatch(SSN_DASHED, text, (match) => add(match, match[0].length, rule, spans));
  eachMatch(SSN_NAMED, text, (match) => add(match, match[1].length, rule, spans));
  eachMatch(SSN_SPACED, text, (match) => {
    if (!isColumn(text, match.index, match.index + match[0].length)) add(match, match[0].length, rule, spans);
  });
};

function add(match: RegExpExecArray, length: number, rule: number, spans: Span[]): void {
  const end = match.index + match[0].length;
  spans.push({ start: end - length, end, rule });
}

/** Behind a number, a quoted request, a path or a word for a code; or before a number or a unit. */
const COLUMN_BEFORE =
  /(?:\d[ ,;:]{1,2}|["'\])] {1,2}|\/[^\s"']* {1,2}|\b(?:status|code|http|port|pid|uid|line|row|took|in|at|of|size|bytes)[ :=]{1,2})$/i;
const COLUMN_BEHIND =
  /^(?: {1,2}["-]|[ ,;]{1,2}\d| {0,2}(?:ms|us|ns|s|sec|seconds|bytes?|[kmg]i?b|rows?|items?|lines?|times|px|pt|pages?)\b)/i;

function isColumn(text: string, start: number, end: number): boolean {
  return (
    COLUMN_BEFORE.test(text.slice(Math.max(0, start - 40), start)) || COLUMN_BEHIND.test(text.slice(end, end + 12))
  );
}
