import { ALL_FORMS, findSpans, replaceSpans, scanText } from '@tailwater/schema/redaction';
import { CORPUS_LINES } from '../../src/processors/redact/corpus/corpus.ts';

/**
 * Does the scanner ever leave out a rule that would have found something? Texts are made of pieces of the corpus and of
 * everything that rules look at, cut, joined and mutated; the rules the scanner names must find all that all rules do.
 */
export interface FuzzResult {
  texts: number;
  /** Texts in which something was found. */
  withSecrets: number;
  /** Texts on which the scanner left out a rule. */
  misses: string[];
  /** Texts in which a second redaction replaced part of a replacement. */
  nested: string[];
}

const PIECES = [
  ...CORPUS_LINES.flatMap(({ text, secrets }) => [text, ...secrets.map(({ start, end }) => text.slice(start, end))]),
  ...'password passwd pwd token secret api_key apiKey API-KEY x-auth-token cookie Set-Cookie authorization Bearer basic'.split(
    ' ',
  ),
  ...'ssn SSN Social_Security eyJ AKIA ASIA A3T ghp_ gho_ github_pat_ xoxb- xapp- hooks.slack.com/services/ sk_live_ rk_test_ whsec_'.split(
    ' ',
  ),
  ...'-----BEGIN RSA PRIVATE\u0020KEY-----|-----END PRIVATE KEY-----|--password|--token|@example.com|%40|\\u0040|&#64;'.split(
    '|',
  ),
  ...'= : => := %3D %3a \\u003d \\u003A " \' ` \\" \\\\\\" { } [ ] < > ( ) , ; & | / \\ . - _ % + ? ! # $ ~ * \\n \\t %20 %22 %27 %0A'.split(
    ' ',
  ),
  ...'4111 1111 378282 822463 10005 219 09 9999 457555462 1 22 333 0 00 4111111111111111'.split(' '),
  ' ',
  '  ',
  '\t',
  '\n',
  '\r\n',
  '\u00a0',
  '\u2013',
  '\u2009',
  'é',
  'ß',
  '日本',
  '😀',
  '\u001b[31m',
  '\u0000',
  'x',
  'A',
  'Z9',
];

/** Park-Miller, so that a printed seed brings a failure back. */
function generator(seed: number): (below: number) => number {
  let state = (seed % 2147483646) + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

function makeText(random: (below: number) => number): string {
  let text = '';
  for (let pieces = 1 + random(7); pieces > 0; pieces--) {
    const piece = PIECES[random(PIECES.length)];
    text += random(4) === 0 ? piece.slice(random(piece.length), 1 + random(piece.length)) : piece;
    if (random(3) === 0) text += ' ';
  }
  for (let edits = random(4) === 0 ? 1 + random(4) : 0; edits > 0; edits--) {
    const at = random(text.length + 1);
    const edit = random(4);
    if (edit === 0) text = text.slice(0, at) + text.slice(at + 1);
    else if (edit === 1) text = text.slice(0, at) + PIECES[random(PIECES.length)] + text.slice(at);
    else if (edit === 2) text = text.slice(0, at) + (text[at] ?? '').toUpperCase() + text.slice(at + 1);
    else text = text.slice(0, at) + String.fromCharCode(32 + random(95)) + text.slice(at + 1);
  }
  return text.toWellFormed();
}

/** Runs `count` texts made from `seed`. */
export function fuzzRedact(seed: number, count: number): FuzzResult {
  const random = generator(seed);
  const result: FuzzResult = { texts: count, withSecrets: 0, misses: [], nested: [] };
  for (let i = 0; i < count; i++) {
    const text = makeText(random);
    const all = replaceSpans(text, findSpans(text, ALL_FORMS));
    const named = replaceSpans(text, findSpans(text, scanText(text)));
    if (all !== text) result.withSecrets++;
    if (named !== all) result.misses.push(text);
    if (text.includes('[RED')) continue;
    if (/\[REDACTED:\[|REDACTED:REDACTED/.test(replaceSpans(all, findSpans(all, ALL_FORMS)))) result.nested.push(text);
  }
  return result;
}

/** Long texts that make a pattern with a second way to match take time with the square of their length. */
export function hostileTexts(length: number): string[] {
  const units = [
    'a',
    '0',
    '1 ',
    '4111 ',
    '4111',
    '4',
    '-',
    '_',
    '.',
    '@',
    'a@',
    'a@a.',
    'a@a',
    '%40',
    '%40a.',
    '%40a.js',
    '\\u0040',
    ' ',
    '\\',
    '"',
    '\\"',
    "'",
    '=',
    ':',
    'a=',
    'password=',
    'password:"',
    'password ',
    'password "',
    'token:',
    'token=,',
    'token:[',
    'token:{"',
    'token:["a",',
    'pwd=/',
    'a,',
    ',a',
    ';a ',
    '--a',
    '--password ',
    '--token --',
    'eyJ',
    'eyJ.',
    'eyJa.',
    '-eyJ',
    '.eyJ',
    'eyJhbGciOiJIUzI1NiJ9.',
    'bearer ',
    'bearer=',
    'basic ',
    'authorization:',
    'authorization: digest ',
    'authorization=bearer ',
    'AKIA',
    'ghp_',
    'github_pat_',
    'xoxb-',
    'sk_live_',
    'hooks.slack.com/services/',
    '://',
    '://a:',
    '://a:b',
    '://a:b@',
    'a:b@tcp',
    '%3A%2F%2F',
    '%3A%2F%2Fa%3Ab',
    'cookie: a=',
    'cookie:',
    'ssn',
    'ssn ',
    'ssn-',
    '123-45-',
    '-----BEGIN PRIVATE KEY',
    '-----END PRIVATE KEY',
    '\n',
    'A\n',
    '\\n',
    'aws_secret',
    'secret_access_key=',
    '<token>',
    'token%3D',
    'token%3D%20',
    '\u001b[31m',
    'é',
    '😀',
    '\u00a0',
    '[',
    '{',
    ']',
    '{{',
    '[[a',
    "b'",
    'token="',
    'token=\\"',
    'token=\\\\"',
  ];
  return units.flatMap((unit) => {
    const text = unit.repeat(Math.ceil(length / unit.length));
    return [text, `password=${text}`, `${text}@example.com password=x`, `authorization: bearer ${text}`];
  });
}
