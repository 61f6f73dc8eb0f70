import { MSGPACK, MsgpackHead, MsgpackSkipper, readMsgpackNumber } from '../util/msgpack.ts';

/** What a message's last element says that matters here. */
export interface ForwardOption {
  /** What to acknowledge; null when the client does not wait. */
  chunk: string | null;
  /** `text` for not at all. */
  compressed: string;
  /** Fluent Bit: 0 logs, 1 metrics, 2 traces. */
  signal: number;
}

export const NO_OPTION: ForwardOption = { chunk: null, compressed: 'text', signal: 0 };

/** Reads the option at the position of bytes that are whole. What is no map says nothing. */
export function readOption(bytes: Buffer, position: number): ForwardOption {
  const head = new MsgpackHead();
  const skipper = new MsgpackSkipper();
  head.read(bytes, position);
  if (head.kind !== MSGPACK.map) return NO_OPTION;
  const option = { ...NO_OPTION };
  const members = head.size / 2;
  let p = head.start;
  for (let i = 0; i < members; i++) {
    const name = textAt(head, bytes, p);
    const value = skipper.endOfWhole(bytes, p);
    if (name === 'chunk') option.chunk = textAt(head, bytes, value);
    else if (name === 'compressed') option.compressed = textAt(head, bytes, value) ?? 'text';
    else if (name === 'fluent_signal') option.signal = numberAt(head, bytes, value);
    p = skipper.endOfWhole(bytes, value);
  }
  return option;
}

/** The chunk that a whole message asks to acknowledge, null when there is none. Takes any bytes. */
export function chunkOf(message: Buffer): string | null {
  const head = new MsgpackHead();
  const skipper = new MsgpackSkipper();
  head.read(message, 0);
  if (head.kind !== MSGPACK.array || head.size < 3 || head.size > 4) return null;
  const { size } = head;
  let last = head.start;
  for (let i = 1; i < size; i++) last = skipper.endOfWhole(message, last);
  return readOption(message, last).chunk;
}

function textAt(head: MsgpackHead, bytes: Buffer, position: number): string | null {
  head.read(bytes, position);
  if (head.kind !== MSGPACK.string && head.kind !== MSGPACK.binary) return null;
  return bytes.toString('utf8', head.start, head.start + head.size);
}

function numberAt(head: MsgpackHead, bytes: Buffer, position: number): number {
  head.read(bytes, position);
  return head.kind === MSGPACK.number ? Number(readMsgpackNumber(bytes, position)) : 0;
}
