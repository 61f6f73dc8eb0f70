import { isPlaceholder } from './placeholders.ts';
import type { FindSpans } from './spans.ts';

/** Passwords in URLs and in what connection strings make of them: `scheme://user:x@host`. */
const URL_START = /:(?:\\?\/){2}/g;
/** Longest user name and password looked at. */
const USER_INFO_CHARACTERS_MAX = 400;
/** Up to the last sign that a host follows: passwords with raw `@` and `/` are common, if wrong. */
const USER_INFO =
  /^[^\s/?#"'<>@:\\]{0,128}:([^\s"'<>\\?#]{0,255}[^\s"'<>\\?#/](?=@[\w.\-[\]:%]{1,255}(?:[/?#\s"'<>,;)\\]|$))|[^\s"'<>@\\/]{1,256})@/d;
const ENCODED_URL_PASSWORD =
  /%3A%2F%2F(?:[^\s%&]|%(?!3A|40|2F)[0-9A-F]{2}){0,128}%3A((?:[^\s%&]|%(?!40|2F)[0-9A-F]{2}){1,256})%40/dgi;
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
  const urls = [...text.matchAll(URL_START)];
  for (let i = 0; i < urls.length; i++) {
    const from = urls[i].index + urls[i][0].length;
    const end = Math.min(urls[i + 1]?.index ?? text.length, from + USER_INFO_CHARACTERS_MAX);
    const password = USER_INFO.exec(text.slice(from, end))?.indices?.[1];
    if (password !== undefined) add(from + password[0], from + password[1]);
  }
  for (const match of text.matchAll(ENCODED_URL_PASSWORD)) add(...(match.indices?.[1] ?? [0, 0]));
  for (const { index } of text.matchAll(GO_DSN_HOST)) {
    const colon = text.slice(Math.max(0, index - GO_DSN_PASSWORD_MAX - 1), index).lastIndexOf(':');
    if (colon < 0) continue;
    const start = Math.max(0, index - GO_DSN_PASSWORD_MAX - 1) + colon + 1;
    if (start < index && /\w/.test(text[start - 2] ?? '') && !/[\s@"'`/]/.test(text.slice(start, index)))
      add(start, index);
  }
};
