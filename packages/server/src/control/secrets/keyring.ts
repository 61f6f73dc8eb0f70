import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { PermanentError } from '../../runtime/errors.ts';

const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

export interface SecretKey {
  id: string;
  bytes: Buffer;
}

export interface KeyringSources {
  /** `id:base64,id:base64` as the operator configured it. */
  keys: string | undefined;
  /** Read beside them; made at the first secret where no key is configured. */
  keysFile: string;
}

/** Keys that seal secrets: the first one seals, all open. */
export interface Keyring {
  keys(): readonly SecretKey[];
  /** The first key; where there is none, one is made and kept in the file, readable by its owner only. */
  sealingKey(): SecretKey;
  /** Puts a new key first. Null when the keys are configured: then the operator does that. */
  addKey(): SecretKey | null;
}

/** @throws PermanentError `invalid_field` that names `secrets.keys` or the file, and shows no key. */
export function openKeyring({ keys: configured, keysFile }: KeyringSources): Keyring {
  const own = configured === undefined ? [] : parseKeys(configured, 'secrets.keys');
  let kept = readKeysFile(keysFile);
  const all = () => withoutRepeated([...own, ...kept]);
  const addKey = () => {
    if (own.length > 0) return null;
    const made = { id: nextId(kept), bytes: randomBytes(KEY_BYTES) };
    kept = [made, ...kept];
    writeKeysFile(keysFile, kept);
    return made;
  };
  all();
  return { keys: all, sealingKey: () => all()[0] ?? addKey()!, addKey };
}

/** Reads `id:base64`, separated by commas or line ends. Lines that begin with `#` are comments. */
export function parseKeys(text: string, field: string): SecretKey[] {
  const parts = text
    .replace(/^#.*$/gm, '')
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const keys = parts.map((part) => parseKey(part, field));
  if (keys.length === 0) throw new PermanentError('invalid_field', `${field} holds no key`, field);
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    throw new PermanentError('invalid_field', `${field} holds two keys of one id`, field);
  }
  return keys;
}

function parseKey(part: string, field: string): SecretKey {
  const colon = part.indexOf(':');
  const id = part.slice(0, Math.max(0, colon));
  const encoded = part.slice(colon + 1);
  const bytes = /^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
  if (KEY_ID.test(id) && bytes.length === KEY_BYTES) return { id, bytes };
  // What does not look like a key id may be a part of a key.
  const named = KEY_ID.test(id) ? ` of the id \`${id}\`` : '';
  const expected =
    'expected `id:base64` with 32 bytes, such as `k1:$(openssl rand -base64 32)`, first the one that seals';
  throw new PermanentError('invalid_field', `${field}: a key${named} cannot be read; ${expected}`, field);
}

/** A key that is configured and in the file is one; two different ones of one id would be an accident. */
function withoutRepeated(keys: readonly SecretKey[]): SecretKey[] {
  const byId = new Map<string, SecretKey>();
  for (const key of keys) {
    const before = byId.get(key.id);
    if (before !== undefined && !before.bytes.equals(key.bytes)) {
      const message = `the key \`${key.id}\` of secrets.keys is another than the one of that id in the keys file: give it an id of its own`;
      throw new PermanentError('invalid_field', message, 'secrets.keys');
    }
    byId.set(key.id, before ?? key);
  }
  return [...byId.values()];
}

function nextId(keys: readonly SecretKey[]): string {
  const numbers = keys.map(({ id }) => Number(/^k(\d{1,9})$/.exec(id)?.[1] ?? 0));
  return `k${Math.max(0, ...numbers) + 1}`;
}

function readKeysFile(path: string): SecretKey[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    const reason = error instanceof Error ? error.message : String(error);
    throw new PermanentError('invalid_field', `the keys file cannot be read: ${reason}`, 'secrets.keysFile');
  }
  return parseKeys(text, path);
}

const HEADING =
  '# Keys that seal the secrets of integrations: the first seals, all open. Without them the secrets are lost.\n';

/** Whole or not at all: a key that sealed something is on the disk before what it sealed. */
function writeKeysFile(path: string, keys: readonly SecretKey[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, HEADING + keys.map(({ id, bytes }) => `${id}:${bytes.toString('base64')}\n`).join(''));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  const dir = openSync(dirname(path), 'r');
  fsyncSync(dir);
  closeSync(dir);
}
