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
const AROUND = ['', 'db.', 'api.', 'social.'];

const names = new Map<string, Name>();

/** Names come again and again: each is quoted and judged once. */
export function nameOf(key: string): Name {
  const known = names.get(key);
  if (known !== undefined) return known;
  const quoted = quote(key.length > CHARACTERS_MAX ? key.slice(0, CHARACTERS_MAX) : key);
  const name: Name = {
    first: `${quoted}:`,
    next: `,${quoted}:`,
    isTelling: secretKindOfAttribute(key) !== 'none',
    mayTellInside: AROUND.some((around) => secretKindOfAttribute(around + key) !== 'none'),
  };
  if (names.size < NAMES_KEPT_MAX && key.length < KEPT_CHARACTERS_MAX) names.set(key, name);
  return name;
}
