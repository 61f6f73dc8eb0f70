import { type SecretKind, secretKindOf } from './names.ts';
import { isPlaceholder } from './placeholders.ts';
import type { FindSpans, Span } from './spans.ts';
import { lineEnd, readEncodedValue, readValue, type Value } from './values.ts';

/** What stands between a name and its secret, encoded too. */
const SEPARATORS = /=>|:=|={1,3}|[:>]|%3[ADad]|\\u003[ADEade]/g;
const FLAG = /(?<!-)--([a-z][\w-]{0,60})[ \t]{1,4}(?!-)/gi;
const QUOTED_NEXT = /(?:pass(?:word|wd|phrase|code)|pwd)[ \t]{1,4}\\{0,7}["'`]([^\s"'`\\]{1,256})(?=\\{0,7}["'`])/gi;
/** Most characters of a name that count. */
const NAME_CHARACTERS_MAX = 100;

/** Passwords and other named secrets in text: `password=x`, `"token": "x"`, `--api-key x`, `scheme://user:x@host`. */
export const findPasswords: FindSpans = (text, rule, spans) => {
  findPairs(text, rule, spans);
  findFlags(text, rule, spans);
  findQuotedNext(text, rule, spans);
  findUrlPasswords(text, rule, spans);
};

/** What was taken as a secret is not read again, and what is not taken is short: so each of these is linear. */
function findPairs(text: string, rule: number, spans: Span[]): void {
  let done = 0;
  for (const match of text.matchAll(SEPARATORS)) {
    if (match.index < done) continue;
    const name = nameBefore(text, done, match.index);
    if (name === null) continue;
    const kind = secretKindOf(name.text);
    const behind = match.index + match[0].length;
    // The rule bearer reads this header, with or without a scheme.
    if (kind === 'none' || /authorization$/i.test(name.text) || isNoPair(text, name, match[0], behind)) continue;
    const value = valueBehind(text, name.text, match[0], behind);
    if (value === null || !isSecret(text, value, kind, match[0])) continue;
    spans.push({ start: value.start, end: value.end, rule });
    done = value.end;
  }
}

function findFlags(text: string, rule: number, spans: Span[]): void {
  let done = 0;
  for (const match of text.matchAll(FLAG)) {
    const kind = secretKindOf(match[1]);
    if (match.index < done || kind === 'none') continue;
    const value = readValue(text, match.index + match[0].length);
    if (value === null || !isSecret(text, value, kind, ' ')) continue;
    spans.push({ start: value.start, end: value.end, rule });
    done = value.end;
  }
}

/** `password 'x'`, but not `password "must not be empty"`. */
function findQuotedNext(text: string, rule: number, spans: Span[]): void {
  for (const match of text.matchAll(QUOTED_NEXT)) {
    const end = match.index + match[0].length;
    const start = end - match[1].length;
    if (!isPlaceholder(match[1])) spans.push({ start, end, rule });
  }
}

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

/** `secret::Type`, `token://`, a route (`POST /oauth/token: 401`), and `>` that closes no tag (`token->next`). */
function isNoPair(text: string, name: Name, separator: string, behind: number): boolean {
  if (separator === '>') return !/<(?:\w{1,32}:)?$/.test(text.slice(Math.max(0, name.start - 34), name.start));
  if (separator !== ':') return false;
  if (text[behind] === ':' || text.startsWith('//', behind)) return true;
  return !name.isQuoted && text[name.start - 1] === '/';
}

const IS_COOKIE = /cookies?$/i;

function valueBehind(text: string, name: string, separator: string, behind: number): Value | null {
  if (separator.startsWith('%')) return readEncodedValue(text, behind);
  const value = readValue(text, behind);
  if (value === null || value.quoted || separator !== ':' || !IS_COOKIE.test(name)) return value;
  // A header: pairs with semicolons, to the end of the line.
  const isHeader = text.slice(value.start, Math.min(value.end, value.start + 100)).includes('=');
  return isHeader ? { start: value.start, end: lineEnd(text, value.start), quoted: false } : value;
}

/** Paths in `pwd=`: the shell's variable for the working directory. */
const PATH = /^(?:\/|~|[A-Za-z]:[\\/])/;
/** Longer values are secrets whatever they look like. */
const DOUBT_CHARACTERS_MAX = 200;
const PLAIN_WORD = /^[A-Z]?[a-z]+[,.;:!?]?$/;

function isSecret(text: string, value: Value, kind: SecretKind, separator: string): boolean {
  if (value.end - value.start > DOUBT_CHARACTERS_MAX) return true;
  const secret = text.slice(value.start, value.end);
  if (isPlaceholder(secret)) return false;
  const hasLetterOrDigit = /[\p{L}\p{N}]/u.test(secret);
  if (kind === 'password') return (hasLetterOrDigit || secret.length >= 6) && !PATH.test(secret);
  if (secret.length < 4 || !hasLetterOrDigit || /^-?\d{1,5}(?:\.\d+)?$/.test(secret)) return false;
  // "token: signature mismatch" is a sentence, "token: 8f3a…" is not.
  const isSentence =
    !value.quoted &&
    separator === ':' &&
    PLAIN_WORD.test(secret) &&
    /^ +[a-z]/i.test(text.slice(value.end, value.end + 3));
  return !isSentence;
}

/** Up to the last sign that a host follows: passwords with raw `@` and `/` are common, if wrong. */
const URL_PASSWORD =
  /:\\?\/\\?\/[^\s/?#"'<>@:\\]{0,128}:([^\s"'<>\\?#]{0,255}[^\s"'<>\\?#/](?=@[\w.\-[\]:%]{1,255}(?:[/?#\s"'<>,;)\\]|$))|[^\s"'<>@\\/]{1,256})@/dg;
const ENCODED_URL_PASSWORD =
  /%3A%2F%2F(?:[^\s%&]|%(?!3A|40|2F)[0-9A-F]{2}){0,128}%3A((?:[^\s%&]|%(?!40|2F)[0-9A-F]{2}){1,256})%40/dgi;
/** `user:password@tcp(host:3306)/db`, as Go's MySQL driver has it. */
const GO_DSN = /[\w.-]{1,64}:([^\s:@"'`/]{1,128})@(?:tcp|tcp6|udp|unix)\(/dg;

function findUrlPasswords(text: string, rule: number, spans: Span[]): void {
  for (const pattern of [URL_PASSWORD, ENCODED_URL_PASSWORD, GO_DSN]) {
    for (const match of text.matchAll(pattern)) {
      const [start, end] = match.indices?.[1] ?? [0, 0];
      const secret = text.slice(start, end);
      // `host:8080/path@x` has a port where a password would be.
      if (secret !== '' && !/^\d{1,5}\//.test(secret) && !isPlaceholder(secret)) spans.push({ start, end, rule });
    }
  }
}
