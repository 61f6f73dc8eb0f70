/**
 * Names that say "a secret follows": of attributes and labels, and of the keys in `key=value` text. A name counts by
 * what it ends with once its separators are gone: `db.userPassword`, `X-Api-Key` and `client_secret` do, `tokens_in`,
 * `cookie_consent` and `password_changed_at` do not.
 */
export type SecretKind = 'none' | 'password' | 'token';

const PASSWORD_WORDS = ['password', 'passwords', 'passwd', 'passphrase', 'passcode', 'pwd', 'pass', 'cvv', 'cvc'];
const TOKEN_WORDS = [
  'secret',
  'secrets',
  'token',
  'apikey',
  'apikeys',
  'accesskey',
  'secretkey',
  'privatekey',
  'signingkey',
  'encryptionkey',
  'accountkey',
  'masterkey',
  'authkey',
  'sharedkey',
  'cookie',
  'cookies',
  'credential',
  'credentials',
  'authorization',
];

/** All words in lower case without separators. The scanner looks for these before a `=` or `:`. */
export const SECRET_WORDS: readonly string[] = [...PASSWORD_WORDS, ...TOKEN_WORDS];

/** May follow the word and still name the secret itself. */
export const QUALIFIERS: readonly string[] = [
  'hash',
  'digest',
  'value',
  'confirmation',
  'confirm',
  'plaintext',
  'plain',
];

/** Words too short or too common to count when they only end a longer one, as in `preauthorization`. */
const WHOLE_WORDS = new Set(['cvv', 'cvc', 'authorization']);

/** `pass` alone counts tests; `db_pass` is a password. */
const OWNERS_OF_PASS = new Set(
  'db database user smtp mail email imap ftp sftp ssh mysql pg postgres postgresql redis mongo rabbitmq ldap admin root login auth http proxy basic keystore truststore wifi'.split(
    ' ',
  ),
);

/** What before a word makes it something else: a paging mark, a parser's complaint, the name of an action or a flag. */
const HARMLESS_TOKEN_PREFIXES = new Set(
  'next page continuation cursor sync prev previous unexpected invalid missing expired unknown bad max min num total per first last eos bos pad unk stop mask is has no cancellation'.split(
    ' ',
  ),
);
const HARMLESS_PASSWORD_PREFIXES = new Set(
  'forgot forgotten reset change changed update updated set has is no needs need require requires required without with show hide toggle verify validate check invalid wrong incorrect missing use uses using enable enabled disable disabled allow min max'.split(
    ' ',
  ),
);

const QUALIFIER_AT_END = new RegExp(`(?:${QUALIFIERS.join('|')})$`);
const NAME_CHARACTERS_MAX = 100;

/** Splits `db.userPassword2` into lower-case words, without digits at the end. */
function wordsOf(name: string): string[] {
  const words = name
    .slice(-NAME_CHARACTERS_MAX)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  while (words.length > 0) {
    const last = words[words.length - 1].replace(/\d+$/, '');
    if (last === words[words.length - 1]) break;
    words.pop();
    if (last !== '') words.push(last);
  }
  return words;
}

/** Names read lately: the same few come again and again. */
const known = new Map<string, SecretKind>();
const KNOWN_MAX = 2000;

/** Which kind of secret the name announces. Linear in at most 100 characters. */
export function secretKindOf(name: string): SecretKind {
  let kind = known.get(name);
  if (kind === undefined) {
    kind = readName(name);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(name, kind);
  }
  return kind;
}

function readName(name: string): SecretKind {
  const words = wordsOf(name);
  const joined = words.join('').replace(QUALIFIER_AT_END, '');
  const word = longestWordAtEnd(joined);
  if (word === '') return 'none';
  const before = joined.slice(0, -word.length);
  const { owner, whole } = ownerOf(words, before.length);
  if (WHOLE_WORDS.has(word) && !whole) return 'none';
  if (word === 'pass' && !OWNERS_OF_PASS.has(owner)) return 'none';
  if (PASSWORD_WORDS.includes(word)) return HARMLESS_PASSWORD_PREFIXES.has(owner) ? 'none' : 'password';
  return HARMLESS_TOKEN_PREFIXES.has(owner) ? 'none' : 'token';
}

function longestWordAtEnd(joined: string): string {
  let longest = '';
  for (const word of SECRET_WORDS) if (word.length > longest.length && joined.endsWith(word)) longest = word;
  return longest;
}

/** The word (or the rest of one) that ends at `length` letters, and whether a word ends exactly there. */
function ownerOf(words: readonly string[], length: number): { owner: string; whole: boolean } {
  let start = 0;
  for (const word of words) {
    if (start + word.length >= length) {
      return { owner: word.slice(0, length - start), whole: length === 0 || start + word.length === length };
    }
    start += word.length;
  }
  return { owner: '', whole: true };
}

/** Maps that were flattened with dots: everything under these is secret, whatever its own name. */
const SECRET_PARENT = /(?:^|[.\]])(?:cookies|secrets|passwords)[.[]/i;
/** In text a number with this name is found by the rule us-ssn; as an attribute the name alone says it. */
const SSN_NAME = /(?:^|[^a-z]|(?<=[a-z])(?=S))(?:ssn|social[ _.-]?security(?:[ _.-]?n(?:umber|o|um))?)$/i;

/** As secretKindOf, for the name of an attribute or a label. */
export function secretKindOfAttribute(name: string): SecretKind {
  const tail = name.slice(-NAME_CHARACTERS_MAX);
  const kind = secretKindOf(tail);
  if (kind !== 'none') return kind;
  if (SSN_NAME.test(tail)) return 'password';
  return SECRET_PARENT.test(tail) ? 'token' : 'none';
}
