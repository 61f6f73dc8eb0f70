import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { PermanentError } from '../../runtime/errors.ts';
import type { Keyring } from './keyring.ts';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 'v1';
/** Of the IV, random for every seal: 2^32 seals by one key keep the chance of a repetition below 2^-32 (NIST SP 800-38D §8.3). */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Where a secret belongs. A sealed value that is moved to another place does not open. */
export interface SecretPlace {
  orgId: string;
  integrationId: string;
  field: string;
}

/** `v1.keyId.base64url(iv ‖ ciphertext ‖ tag)`. */
export function seal(keyring: Keyring, place: SecretPlace, text: string): string {
  const key = keyring.sealingKey();
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key.bytes, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(key.id, place));
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${key.id}.${sealed.toString('base64url')}`;
}

/** @throws PermanentError `destination_unauthorized` when its key is missing, or when it was changed or moved. */
export function unseal(keyring: Keyring, place: SecretPlace, sealed: string): string {
  const parts = sealed.split('.');
  const [version, keyId, encoded] = parts;
  if (parts.length !== 3 || version !== VERSION) throw cannotOpen(place, 'it is not sealed as this version does it');
  const key = keyring.keys().find(({ id }) => id === keyId);
  if (key === undefined) {
    throw cannotOpen(
      place,
      `it was sealed with the key \`${keyId}\`, which is neither in secrets.keys nor in the keys file`,
    );
  }
  const bytes = Buffer.from(encoded!, 'base64url');
  if (bytes.length < IV_BYTES + TAG_BYTES) throw cannotOpen(place, 'it was cut short');
  const decipher = createDecipheriv(ALGORITHM, key.bytes, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo(key.id, place));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    throw cannotOpen(
      place,
      `the key \`${keyId}\` is another than the one that sealed it, or the value was changed or moved`,
    );
  }
}

/** The id of the key that sealed it. */
export function keyIdOf(sealed: string): string {
  return sealed.split('.')[1] ?? '';
}

/** None of its parts can hold a slash or a bar, see ORG_ID, KEY_ID and SecretField. */
function boundTo(keyId: string, { orgId, integrationId, field }: SecretPlace): Buffer {
  return Buffer.from(`${VERSION}|${keyId}|${orgId}/${integrationId}/${field}`);
}

function cannotOpen({ field }: SecretPlace, why: string): PermanentError {
  const message = `the secret \`${field}\` cannot be opened: ${why}. Bring the key back, or set the secret anew`;
  return new PermanentError('destination_unauthorized', message, `secrets.${field}`);
}
