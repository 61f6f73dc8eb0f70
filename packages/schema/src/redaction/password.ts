import { type SecretKind, secretKindOf } from './names.ts';
import { isPlaceholder, isProse } from './placeholders.ts';
import { eachMatch, type FindSpans, type Span } from './spans.ts';
import { readEncodedValue, readHeader, readValues, type Value, type Values } from './values.ts';

/** What stands between a name and its secret, encoded too. */
const SEPARATORS = /=>|:=|={1,3}|[:>]|%3[ADad]|\\u003[ADEade]/g;
const FLAG = /(?<!-)--([a-z][\w-]{0,60})[ \t]{1,4}(?!-)/gi;
const QUOTED_NEXT = /(?:pass(?:word|wd|phrase|code)|pwd)[ \t]{1,4}\\{0,7}["'`]([^\s"'`\\]{1,256})(?=\\{0,7}["'`])/gi;
/** Most characters of a name that count. */
const NAME_CHARACTERS_MAX = 100;

/** The rule bearer reads the header; an AWS request's `Credential=` is a key id, for aws-key. */
const READ_ELSEWHERE = /(?:authorization|credential)[\d_.\-[\]$]*$/i;

/**
 * Named secrets in text: `password=x`, `"token": "x"`, `Cookie: x`. What was taken as a secret is not read again, and what
 * is not taken is short: so this is linear.
 */
export const findPairs: FindSpans = (text, rule, spans) => {
  let done = 0;
  eachMatch(SEPARATORS, text, ({ index, 0: separator }) => {
    if (index < done) return;
    const name = nameBefore(text, done, index);
    const kind = name === null ? 'none' : secretKindOf(name.text);
    const behind = index + separator.length;
    if (name === null || kind === 'none' || READ_ELSEWHERE.test(name.text) || isNoPair(text, name, separator, behind)) {
      return;
    }
    const values = valuesBehind(text, name.text, separator, behind);
    done = Math.max(done, take({ text, name, kind, separator }, values, rule, spans));
  });
};

/**
 * Adds the values that are secrets. Returns where to read on: behind what was taken, and behind brackets in any case,
 * whose names have been read. A name inside a value that is no secret may still announce one.
 */
function take(context: PairContext, { values, end, inBrackets }: Values, rule: number, spans: Span[]): number {
  const secrets = values.filter((value) => isSecret(value, context));
  for (const secret of secrets) spans.push({ start: secret.start, end: secret.end, rule });
  return inBrackets || secrets.length > 0 ? end : 0;
}

/** `--password x` */
export const findFlags: FindSpans = (text, rule, spans) => {
  let done = 0;
  eachMatch(FLAG, text, (match) => {
    const kind = secretKindOf(match[1]);
    if (match.index < done || kind === 'none') return;
    const name = { text: match[1], start: match.index, isQuoted: false };
    const values = readValues(text, match.index + match[0].length);
    done = Math.max(done, take({ text, name, kind, separator: ' ' }, values, rule, spans));
  });
};

/** `password 'x'`, but not `password "must not be empty"`. */
export const findQuoted: FindSpans = (text, rule, spans) => {
  eachMatch(QUOTED_NEXT, text, (match) => {
    const end = match.index + match[0].length;
    if (!isPlaceholder(match[1])) spans.push({ start: end - match[1].length, end, rule });
  });
};

interface Name {
  text: string;
  start: number;
  isQuoted: boolean;
}

/** The name that ends before the separator at `i`, give or take spaces, a quote and its backslashes. */
function nameBefore(text: string, from: number, i: number): Name | null {
  let end = i;
  while (end > from && end > i - 8 && text.charCodeAt(end - 1) <= 32) end--;
  let isQuoted = false;
  // `row['password'] =`
  if (/["'`]\]/.test(text.slice(Math.max(from, end - 2), end))) end--;
  if (/["'`]/.test(text[end - 1] ?? '')) {
    isQuoted = true;
    end--;
    for (let n = 0; n < 7 && text[end - 1] === '\\'; n++) end--;
  } else if (/^%2[27]$/.test(text.slice(end - 3, end))) {
    end -= 3;
  }
  let start = end;
  while (start > from && start > end - NAME_CHARACTERS_MAX && isNameCharacter(text.charCodeAt(start - 1))) start--;
  return start < end ? { text: text.slice(start, end), start, isQuoted } : null;
}

function isNameCharacter(code: number): boolean {
  const lower = code | 32;
  if ((lower >= 97 && lower <= 122) || (code >= 48 && code <= 57)) return true;
  return code === 0x5f || code === 0x2d || code === 0x2e || code === 0x5b || code === 0x5d || code === 0x24;
}

/** `secret::Type`, `token://`, a route (`POST /oauth/token: 401`), a string's end, and `>` that closes no tag. */
function isNoPair(text: string, name: Name, separator: string, behind: number): boolean {
  if (separator === '>') return !/<(?:\w{1,32}:)?$/.test(text.slice(Math.max(0, name.start - 34), name.start));
  if (separator !== ':') return false;
  if (text[behind] === ':' || text.startsWith('//', behind)) return true;
  if (name.isQuoted) return false;
  // `'password:'` ends with the colon: the quote behind is the one that was open.
  const before = text[name.start - 1];
  return before === '/' || (/["'`]/.test(before ?? '') && text[behind] === before);
}

const IS_COOKIE = /cookies?$/i;

function valuesBehind(text: string, name: string, separator: string, behind: number): Values {
  if (separator.startsWith('%')) return readEncodedValue(text, behind);
  return separator === ':' && IS_COOKIE.test(name) ? readHeader(text, behind) : readValues(text, behind);
}

/** Paths in `pwd=`: the shell's variable for the working directory. */
const PATH = /^(?:\/|~|[A-Za-z]:[\\/])/;
const COMPLAINT = /(?:unexpected|invalid|illegal|unknown|missing|expected|expired|bad) $/i;
/** Longer values are secrets whatever they look like. */
const DOUBT_CHARACTERS_MAX = 200;
/** `Token{a64f992`, `android.os.BinderProxy@2bd79ce`: Java's way of printing an object. */
const OBJECT = /^(?:[a-z]\w*\.)*[A-Z]\w*(?:\{[0-9a-f]*|@[0-9a-f]+)$/;
const PLAIN_WORD = /^[A-Z]?[a-z]+[,.;:!?]?$/;

interface PairContext {
  text: string;
  name: Name;
  kind: SecretKind;
  separator: string;
}

function isSecret(value: Value, context: PairContext): boolean {
  if (value.end - value.start > DOUBT_CHARACTERS_MAX) return true;
  const secret = context.text.slice(value.start, value.end);
  if (isPlaceholder(secret)) return false;
  if (value.form === 'bare' && context.separator === ':' && isSentence(secret, value, context)) return false;
  const hasLetterOrDigit = /[\p{L}\p{N}]/u.test(secret);
  if (context.kind === 'password') return (hasLetterOrDigit || secret.length >= 6) && !PATH.test(secret);
  if (OBJECT.test(secret)) return false;
  return secret.length >= 4 && hasLetterOrDigit && !/^-?\d{1,5}(?:\.\d+)?$/.test(secret);
}

/** `token: signature mismatch`, `wrong password: 3 attempts left`, `Unexpected token: punc`. */
function isSentence(secret: string, value: Value, { text, name, kind }: PairContext): boolean {
  const goesOn = /^ +[a-z{(]/i.test(text.slice(value.end, value.end + 3));
  if (isProse(secret) || (goesOn && /^\d{1,3}$/.test(secret))) return true;
  if (kind === 'password' || !PLAIN_WORD.test(secret)) return false;
  return goesOn || COMPLAINT.test(text.slice(Math.max(0, name.start - 16), name.start));
}
