import { eachMatch, type FindSpans } from './spans.ts';

/** The sign itself, and as URLs, JSON and HTML write it. */
const AT = /@|%40|\\u0040|&#(?:64|[xX]40);/g;
/** RFC 5321 allows 64 bytes; escapes make more of them. */
const LOCAL_CHARACTERS_MAX = 256;
const LOCAL = /[\p{L}\p{N}\p{M}._%+-]/u;
const DOMAIN =
  /(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,62})\.){1,10}(?:xn--[a-z0-9-]{2,59}|\p{L}[\p{L}\p{M}]{1,62})(?![\p{L}\p{N}])/iuy;

/** Mailboxes, found from the sign outwards. What may stand left of a sign ends at the sign before it. */
export const findEmails: FindSpans = (text, rule, spans) => {
  let from = 0;
  eachMatch(AT, text, (at) => {
    const behind = at.index + at[0].length;
    DOMAIN.lastIndex = behind;
    const domain = DOMAIN.exec(text)?.[0];
    if (domain !== undefined) {
      const start = localStart(text, Math.max(from, at.index - LOCAL_CHARACTERS_MAX), at.index);
      const local = text.slice(start, at.index);
      const end = behind + domain.length;
      if (/[\p{L}\p{N}]/u.test(local) && !isLookalike(text, start, local, domain, end))
        spans.push({ start, end, rule });
    }
    from = behind;
  });
};

/** Where the mailbox's name starts: behind what cannot be part of one, an escape, or punctuation. */
function localStart(text: string, from: number, at: number): number {
  let start = at;
  for (;;) {
    while (start > from && isLocal(text, start - 1, from)) start--;
    // `\u00e9bob@`: the letter's escape is part of the name; `\nbob@`: the break's is not.
    if (start === from || text[start - 1] !== '\\') break;
    if (!/^u[0-9a-f]{4}/i.test(text.slice(start, start + 5))) {
      if (/[nrtbf]/.test(text[start])) start++;
      break;
    }
    if (!LOCAL.test(String.fromCharCode(Number.parseInt(text.slice(start + 1, start + 5), 16)))) {
      start += 5;
      break;
    }
    start--;
  }
  return skipEscapesAndPunctuation(text, start, at);
}

function isLocal(text: string, i: number, from: number): boolean {
  const code = text.charCodeAt(i);
  if (code < 128) {
    const lower = code | 32;
    if ((lower >= 97 && lower <= 122) || (code >= 48 && code <= 57)) return true;
    if (code === 0x27) return i > from && /[A-Za-z]/.test(text[i - 1]) && /[A-Za-z]/.test(text[i + 1] ?? '');
    return code === 0x2e || code === 0x5f || code === 0x25 || code === 0x2b || code === 0x2d;
  }
  // Half of a surrogate pair counts as a letter: few mailboxes hold one, and cutting a pair would break the text.
  return (code >= 0xd800 && code <= 0xdfff) || LOCAL.test(text[i]);
}

/** `to%3Dbob%40…` starts at `bob`; `%2B`, `%2D`, `%2E` and `%5F` stand for characters of the name. */
function skipEscapesAndPunctuation(text: string, start: number, at: number): number {
  let first = start;
  for (const match of text.slice(start, at).matchAll(/%(?!2[BDE]|5F)[0-9A-F]{2}/gi)) first = start + match.index + 3;
  while (first < at && !/[\p{L}\p{N}\p{M}_]/u.test(text[first]) && !isSurrogate(text, first)) first++;
  return first;
}

function isSurrogate(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xf800) === 0xd800;
}

/** Last labels that are no top-level domain: hosts inside networks, units of systemd, files. */
const NO_DOMAIN = new Set(
  (
    'internal intranet local localhost localdomain lan corp svc cluster invalid ' +
    'service socket timer slice scope mount automount swap path ' +
    'png jpg jpeg gif svg webp avif ico js mjs cjs ts mts jsx tsx json jsonl html htm css scss xml yml yaml toml txt log csv ' +
    'java class jar war go rb php cpp hpp lock gz tgz tar exe dll'
  ).split(' '),
);
/** `pkg@1.2.3-rc.one`, `checkout@v4.1.x`: a version, not a domain. */
const VERSION = /^v?\d+\.\d/i;
/** `icon@2x.media`: a picture's density. */
const DENSITY = /^\d+(?:\.\d+)?x\./i;
/** `com.acme.Task@1b2c3d4e.run`: a Java object. */
const JAVA_HASH = /^(?=[a-f]*\d)[0-9a-f]{5,8}\./;

const USER_INFO = /:(?:\\?\/){2}[^\s/@\\:]{0,128}:[^\s@/?#]{0,128}$/;

function isLookalike(text: string, start: number, local: string, domain: string, end: number): boolean {
  const last = domain.slice(domain.lastIndexOf('.') + 1).toLowerCase();
  if (NO_DOMAIN.has(last) || VERSION.test(domain) || DENSITY.test(domain)) return true;
  if (JAVA_HASH.test(domain) && /[A-Z$]/.test(local)) return true;
  if (local === 'git' && (text[end] === ':' || text[end] === '/')) return true;
  if (/^(?:gh[pousr]|github_pat)_/.test(local)) return true;
  // `scheme://user:password@host`: what stands before the sign is a password, and the host may stay.
  return USER_INFO.test(text.slice(Math.max(0, start - 280), start));
}
