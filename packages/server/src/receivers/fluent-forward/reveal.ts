import { PermanentError } from '../../runtime/errors.ts';
import type { RevealOptions } from '../receiver.ts';
import { gunzipCapped, zstdCapped } from '../util/inflate.ts';
import { MSGPACK, MsgpackHead, MsgpackSkipper } from '../util/msgpack.ts';
import { readOption } from './option.ts';

const NOT_COMPRESSED = Buffer.from([0xa4, ...Buffer.from('text')]);
const BINARY_32 = 0xc6;

/** The messages with their events as they were before compression, and an option that says so. */
export function revealForward(body: Buffer, { mask, bytesMax }: RevealOptions): Buffer {
  const parts: Buffer[] = [];
  const skipper = new MsgpackSkipper();
  let bytes = 0;
  for (let p = 0; p < body.length; ) {
    const end = skipper.endOfWhole(body, p);
    for (const part of partsOf(body.subarray(p, end), bytesMax - bytes)) {
      parts.push(part);
      bytes += part.length;
    }
    p = end;
  }
  const revealed = Buffer.concat(parts);
  mask(revealed);
  return revealed;
}

/** The bytes of a message, `[tag, events, option]`, with nothing compressed. */
function partsOf(message: Buffer, bytesMax: number): Buffer[] {
  const head = new MsgpackHead();
  const skipper = new MsgpackSkipper();
  head.read(message, 0);
  if (head.kind !== MSGPACK.array || head.size < 3) return [message];
  const events = skipper.endOfWhole(message, head.start);
  const option = skipper.endOfWhole(message, events);
  const { compressed } = readOption(message, option);
  const packed = new MsgpackHead();
  packed.read(message, events);
  const isPacked = packed.kind === MSGPACK.binary || packed.kind === MSGPACK.string;
  if (compressed === 'text' || !isPacked) return [message];
  const expand = compressed === 'gzip' ? gunzipCapped : compressed === 'zstd' ? zstdCapped : null;
  if (expand === null) throw new PermanentError('invalid_body', 'compressed in a way that is not known');
  const plain = expand(message.subarray(packed.start, packed.start + packed.size), bytesMax);
  const binary = Buffer.of(BINARY_32, 0, 0, 0, 0);
  binary.writeUInt32BE(plain.length, 1);
  return [message.subarray(0, events), binary, plain, ...withoutCompression(message, option)];
}

/** The bytes from the option on, with `text` for what it says of the compression. */
function withoutCompression(message: Buffer, option: number): Buffer[] {
  const head = new MsgpackHead();
  const skipper = new MsgpackSkipper();
  const parts: Buffer[] = [];
  head.read(message, option);
  const members = head.size / 2;
  let done = option;
  let name = head.start;
  for (let i = 0; i < members; i++) {
    const value = skipper.endOfWhole(message, name);
    const end = skipper.endOfWhole(message, value);
    head.read(message, name);
    if (message.toString('latin1', head.start, value) === 'compressed') {
      parts.push(message.subarray(done, value), NOT_COMPRESSED);
      done = end;
    }
    name = end;
  }
  return [...parts, message.subarray(done)];
}
