import { secretKindOfAttribute } from '@tailwater/schema/redaction';
import { quote } from './quote.ts';

/** A member's name as it stands in a line. */
export interface Name {
  /** For the first member of an object: `"a":` */
  first: string;
  next: string;
  /** Whether it announces a secret as the name of an attribute. */
  isTelling: boolean;
  /** Whether it may announce one as the last part of an attribute's name. */
  mayTellInside: boolean;
}

const NAMES_KEPT_MAX = 2_000;
const KEPT_CHARACTERS_MAX = 200;
const CHARACTERS_MAX = 1_000;
/** What the words around it can make of a name that says nothing alone: `db.pass`, `api.key`, `social.security`. */
const AROUND = ['db.', 'api.', 'social.'];
/** Every name that announces a secret has one of these, once its separators are gone. */
const SECRET_WORD = /pass|pwd|cvv|cvc|secret|token|key|cookie|credential|authorization|ssn|socialsec|security/i;
const SEPARATORS = /[^A-Za-z0-9]+/g;
const ASCII = /^[ -~]*$/;

const names = new Map<string, Name>();

/** Names come again and again: each is quoted and judged once. */
export function nameOf(key: string): Name {
  const known = names.get(key);
  if (known !== undefined) return known;
  const quoted = quote(key.length > CHARACTERS_MAX ? key.slice(0, CHARACTERS_MAX) : key);
  const mayTell = !ASCII.test(key) || SECRET_WORD.test(key.replace(SEPARATORS, ''));
  const isTelling = mayTell && secretKindOfAttribute(key) !== 'none';
  const mayTellInside =
    isTelling || (mayTell && AROUND.some((around) => secretKindOfAttribute(around + key) !== 'none'));
  const name: Name = { first: `${quoted}:`, next: `,${quoted}:`, isTelling, mayTellInside };
  if (names.size < NAMES_KEPT_MAX && key.length < KEPT_CHARACTERS_MAX) names.set(key, name);
  return name;
}
