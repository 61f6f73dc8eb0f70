import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { hostname } from 'node:os';
import { decode, encode } from '@msgpack/msgpack';

/**
 * The forward protocol's handshake: both sides show that they know the shared key, and neither sends it.
 * https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1#handshake-messages
 */
export class Handshake {
  /** What the server says first. */
  readonly helo: Buffer;
  private readonly sharedKey: string;
  private readonly nonce = randomBytes(16);

  constructor(sharedKey: string) {
    this.sharedKey = sharedKey;
    // No `auth`: a user and password beside the key are not asked for.
    this.helo = Buffer.from(encode(['HELO', { nonce: this.nonce, auth: '', keepalive: true }]));
  }

  /** Answers the client's PING. `refused` says why it must not go on. */
  answer(message: Buffer): { answer: Buffer; refused: string | null } {
    const ping = readPing(message);
    if (ping === null) return this.pong('expected PING', null, 'the client did not answer the handshake (PING)');
    if (!isSame(ping.digest, this.digest(ping.salt, ping.host))) {
      return this.pong('shared_key mismatch', null, 'the client’s shared key is another one');
    }
    return this.pong('', ping.salt, null);
  }

  private pong(reason: string, salt: Uint8Array | null, refused: string | null) {
    const digest = salt === null ? '' : this.digest(salt, hostname());
    const answer = Buffer.from(encode(['PONG', refused === null, reason, salt === null ? '' : hostname(), digest]));
    return { answer, refused };
  }

  private digest(salt: Uint8Array, host: string): string {
    return createHash('sha512').update(salt).update(host).update(this.nonce).update(this.sharedKey).digest('hex');
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** `['PING', host, salt, digest, user, password]`, null when it is none. */
function readPing(message: Buffer): { host: string; salt: Uint8Array; digest: string } | null {
  let value: unknown;
  try {
    value = decode(message);
  } catch {
    return null;
  }
  if (!Array.isArray(value) || value.length < 4 || value[0] !== 'PING') return null;
  const [, host, salt, digest] = value as unknown[];
  if (typeof host !== 'string' || typeof digest !== 'string') return null;
  const saltBytes = typeof salt === 'string' ? Buffer.from(salt) : salt;
  return saltBytes instanceof Uint8Array ? { host, salt: saltBytes, digest } : null;
}
