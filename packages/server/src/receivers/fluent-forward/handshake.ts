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

/**
 * `['PING', host, salt, digest, user, password]`, null when it is none. Fluent Bit sends 16 random bytes of salt as a
 * text that is no UTF-8, so texts are read as bytes:
 * https://github.com/fluent/fluent-bit/blob/master/plugins/out_forward/forward.c (secure_forward_ping)
 */
function readPing(message: Buffer): { host: string; salt: Uint8Array; digest: string } | null {
  let value: unknown;
  try {
    value = decode(message, { rawStrings: true });
  } catch {
    return null;
  }
  if (!Array.isArray(value) || value.length < 4) return null;
  const [type, host, salt, digest] = value.slice(0, 4).map((part) => (part instanceof Uint8Array ? part : null));
  if (type == null || host == null || salt == null || digest == null || textOf(type) !== 'PING') return null;
  return { host: textOf(host), salt, digest: textOf(digest) };
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();
