import { PermanentError } from '../../runtime/errors.ts';

/**
 * Messages of a protocol that has no bodies, one behind the other as a body: `LENGTH PEER BYTES`, then a line feed. The
 * head is text, so that a dead letter can be read. `LENGTH!` says that the message was longer than what is here; PEER
 * is the sender's address, `-` when it is not known.
 */
export interface PeerMessage {
  bytes: Uint8Array;
  peer: string;
  isCut?: boolean;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const EXCLAMATION = 0x21;
const DASH = 0x2d;
/** Bytes that a message takes beside itself, at most: 10 digits, `!`, spaces, an address with its zone, a line feed. */
const HEAD_BYTES_MAX = 80;
const PEER_BYTES_MAX = HEAD_BYTES_MAX - 14;
const FIRST_BYTES = 4096;

/** A body that grows by messages. */
export class MessageJoiner {
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  length = 0;
  count = 0;

  add({ bytes, peer, isCut = false }: PeerMessage): void {
    this.reserve(bytes.length + HEAD_BYTES_MAX);
    const address = peer === '' ? '-' : peer.slice(0, PEER_BYTES_MAX);
    this.length += this.buffer.write(`${bytes.length}${isCut ? '!' : ''} ${address} `, this.length, 'latin1');
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    this.buffer[this.length++] = NEWLINE;
    this.count++;
  }

  /** A copy: what `accept` is given is given away, and what it refuses may have to go again. */
  body(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length));
  }

  /** Empty again, with the memory that it has. */
  clear(): void {
    this.length = 0;
    this.count = 0;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}

export function joinMessages(messages: Iterable<PeerMessage>): Buffer {
  const joiner = new MessageJoiner();
  for (const message of messages) joiner.add(message);
  return joiner.body();
}

/** Told of a message: its bytes and those of the peer's address, as positions in the body. */
export type MessageReader = (start: number, end: number, peerStart: number, peerEnd: number, isCut: boolean) => void;

/** Reads what `joinMessages` wrote. @throws PermanentError invalid_body for anything else. */
export function eachMessage(body: Buffer, read: MessageReader): void {
  let p = 0;
  while (p < body.length) {
    let length = 0;
    const first = p;
    for (; body[p] >= 0x30 && body[p] <= 0x39; p++) length = length * 10 + body[p] - 0x30;
    const digits = p - first;
    const isCut = body[p] === EXCLAMATION;
    if (isCut) p++;
    const peerStart = p + 1;
    const peerEnd = body.indexOf(SPACE, peerStart);
    const start = peerEnd + 1;
    const end = start + length;
    if (digits === 0 || digits > 10 || body[p] !== SPACE || peerEnd < 0 || body[end] !== NEWLINE) {
      throw new PermanentError(
        'invalid_body',
        `expected a message's length, its sender and its bytes at byte ${first}`,
      );
    }
    const isUnknown = peerEnd - peerStart === 1 && body[peerStart] === DASH;
    read(start, end, peerStart, isUnknown ? peerStart : peerEnd, isCut);
    p = end + 1;
  }
}
