/**
 * Values that stand where a secret would and are none: what is said about it, types, masks, templates, flags. The
 * value `[REDACTED:…]` is one of them, so redacting twice changes nothing.
 */
const WORDS = new Set(
  (
    'null none nil undefined nan true false yes no on off ok n/a na empty blank unset ' +
    'required optional missing invalid incorrect wrong bad expired revoked rejected accepted denied unauthorized forbidden ' +
    'failed failure error success succeeded changed reset updated created deleted rotated refreshed generated issued ' +
    'verified validated valid found unknown unexpected unsupported malformed mismatch mismatched ' +
    'string str number int integer bool boolean bytes byte any object optional varchar char text type ' +
    'redacted filtered hidden masked removed sanitized scrubbed omitted suppressed encrypted'
  ).split(' '),
);
/** How a sentence goes on behind `password:`. As a value behind `=` they would be a password after all. */
const PROSE = new Set(
  (
    'set not is are was must should can cannot could will has have had for and or with from to of the a an this that ' +
    'if in when while because failing errors successful successfully already too does did do'
  ).split(' '),
);
const MASK = /^(?:([*•●·x#._-])\1{2,}\w{0,4}|[*•●]+)$/i;
const REPLACED =
  /^[[<({]{1,3}(?:redacted|filtered|hidden|masked|removed|sanitized|scrubbed|omitted|suppressed|secret|password|token)(?::[\w-]{1,40})?[\]>)}]{1,3}$/i;
const TEMPLATE =
  /^(?:\$\{?[A-Z][A-Z0-9_]*\}?|\$\{[\w.:-]+\}|\$\([\w -]+\)|\{\{[^{}]*\}\}|\{\w*\}|%\(?\w*\)?[sdvq]|<[\w -]*>|\?|process\.env\.\w+|\[\]|\{\}|""|'')$/;
/** Longer values are none of these. */
const CHARACTERS_MAX = 80;

export function isPlaceholder(value: string): boolean {
  if (value.length > CHARACTERS_MAX) return false;
  const bare = value.trim();
  if (bare === '') return true;
  if (WORDS.has(wordOf(bare))) return true;
  return MASK.test(bare) || REPLACED.test(bare) || TEMPLATE.test(bare);
}

export const isProse = (value: string): boolean => PROSE.has(wordOf(value));

const wordOf = (value: string): string => value.toLowerCase().replace(/[.,:;!?)\]}]+$/, '');
