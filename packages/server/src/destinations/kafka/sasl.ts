import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { PermanentError } from '../../runtime/errors.ts';
import { secretOf } from '../util/secrets.ts';
import type { KafkaConfig } from './config.ts';

/** One exchange of SASL: what is sent, and what the broker answers to it. */
export type Exchange = (message: Buffer) => Promise<Buffer>;

const pbkdf2Async = promisify(pbkdf2);
/** A broker that asks for more wants to keep this server busy. */
const ITERATIONS_MAX = 1_000_000;
const ITERATIONS_MIN = 4096;

/** Throws PermanentError `destination_unauthorized`. */
export async function logIn(
  { sasl, username = '' }: Pick<KafkaConfig, 'sasl' | 'username'>,
  secrets: Readonly<Record<string, string>>,
  exchange: Exchange,
): Promise<void> {
  const password = secretOf(secrets, 'password');
  if (sasl === 'plain') await exchange(Buffer.from(`\0${username}\0${password}`));
  else await scram(sasl === 'scram-sha-256' ? 'sha256' : 'sha512', username, password, exchange);
}

/** RFC 5802, without channel binding. */
async function scram(hash: 'sha256' | 'sha512', username: string, password: string, exchange: Exchange): Promise<void> {
  const nonce = randomBytes(18).toString('base64');
  const user = username.replaceAll('=', '=3D').replaceAll(',', '=2C');
  const firstBare = `n=${user},r=${nonce}`;
  const serverFirst = (await exchange(Buffer.from(`n,,${firstBare}`))).toString();
  const { r: serverNonce = '', s: salt = '', i = '' } = attributes(serverFirst);
  const iterations = Number(i);
  if (!serverNonce.startsWith(nonce) || !(iterations >= ITERATIONS_MIN && iterations <= ITERATIONS_MAX)) {
    throw new PermanentError(
      'destination_unauthorized',
      'The broker’s part of SCRAM is not as it has to be.',
      'password',
    );
  }
  const bytes = createHash(hash).digest().length;
  const salted = await pbkdf2Async(password, Buffer.from(salt, 'base64'), iterations, bytes, hash);
  const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest();
  const clientKey = hmac(salted, 'Client Key');
  const finalBare = `c=biws,r=${serverNonce}`;
  const authMessage = `${firstBare},${serverFirst},${finalBare}`;
  const signature = hmac(createHash(hash).update(clientKey).digest(), authMessage);
  const proof = clientKey.map((byte, at) => byte ^ signature[at]!);
  const serverFinal = (
    await exchange(Buffer.from(`${finalBare},p=${Buffer.from(proof).toString('base64')}`))
  ).toString();
  const expected = hmac(hmac(salted, 'Server Key'), authMessage);
  const told = Buffer.from(attributes(serverFinal).v ?? '', 'base64');
  if (told.length !== expected.length || !timingSafeEqual(told, expected)) {
    throw new PermanentError('destination_unauthorized', 'The broker does not know the password itself.', 'password');
  }
}

function attributes(message: string): Record<string, string | undefined> {
  return Object.fromEntries(message.split(',').map((pair) => [pair.slice(0, 1), pair.slice(2)]));
}
