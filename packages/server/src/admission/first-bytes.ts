import { newHits, scanAndRedact } from '@tailwater/schema/redaction';

const CHARACTERS_MAX = 256;

/** The beginning of a body as text for people: what looks like a secret is replaced, what is no text shows as `·`. */
export function firstBytesOf(body: Buffer): string {
  const text = body.toString('utf8').replace(/[\p{Cc}\ufffd]+/gu, '·');
  return scanAndRedact(text, EVERY_FORM, newHits()).slice(0, CHARACTERS_MAX);
}

/** All bits: every rule, also those that the org switched off, since it need not be known whose request it was. */
const EVERY_FORM = -1;
