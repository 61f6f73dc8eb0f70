import { isPlaceholder } from './placeholders.ts';
import { eachMatch, type FindSpans } from './spans.ts';

/** Passwords in URLs and in what connection strings make of them: `scheme://user:x@host`. */
const URL_START = /:(?:\\?\/){2}/g;
/** Longest user name and password looked at. */
const USER_INFO_CHARACTERS_MAX = 400;
/** Up to the last sign that a host follows: passwords with raw `@` and `/` are common, if wrong. */
const USER_INFO =
  /^[^\s/?#"'<>@:\\]{0,128}:([^\s"'<>\\?#]{0,255}[^\s"'<>\\?#/](?=@[\w.\-[\]:%]{1,255}(?:[/?#\s"'<>,;)\\]|$))|[^\s"'<>@\\/]{1,256})@/d;
const ENCODED_URL_PASSWORD =
  /%3A%2F%2F(?:[^\s%&]|%(?!3A|40|2F)[0-9A-F]{2}){0,128}%3A((?:[^\s%&]|%(?!40|2F)[0-9A-F]{2}){1,256})%40/gi;
const ENCODED_AT = '%40';
/** `user:password@tcp(host:3306)/db`, as Go's MySQL driver has it. */
const GO_DSN_HOST = /@(?:tcp|udp|unix)6?\(/g;
const GO_DSN_PASSWORD_MAX = 128;

export const findUrlPasswords: FindSpans = (text, rule, spans) => {
  const add = (start: number, end: number) => {
    const secret = text.slice(start, end);
    // `host:8080/path@x` has a port where a password would be.
    if (!/^\d{1,5}[/?#]/.test(secret) && !isPlaceholder(secret)) spans.push({ start, end, rule });
  };
  // Each URL is read up to the next one only, so that no text is read twice.
  let from = -1;
  const addUpTo = (next: number) => {
    if (from < 0) return;
    const password = USER_INFO.exec(text.slice(from, Math.min(next, from + USER_INFO_CHARACTERS_MAX)))?.indices?.[1];
    if (password !== undefined) add(from + password[0], from + password[1]);
  };
  eachMatch(URL_START, text, (match) => {
    addUpTo(match.index);
    from = match.index + match[0].length;
  });
  addUpTo(text.length);
  eachMatch(ENCODED_URL_PASSWORD, text, (match) => {
    const end = match.index + match[0].length - ENCODED_AT.length;
    add(end - match[1].length, end);
  });
  eachMatch(GO_DSN_HOST, text, ({ index }) => {
    const earliest = Math.max(0, index - GO_DSN_PASSWORD_MAX - 1);
    const start = earliest + text.slice(earliest, index).lastIndexOf(':') + 1;
    if (start === earliest || start === index) return;
    if (/\w/.test(text[start - 2] ?? '') && !/[\s@"'`/]/.test(text.slice(start, index))) add(start, index);
  });
};
