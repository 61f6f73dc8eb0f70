/** A small generator of numbers: mulberry32. The same seed gives the same sequence everywhere. */
export function createDice(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** Bytes that decoders treat specially: ends of varints and UTF-8, JSON's punctuation, extremes. */
const INTERESTING = Buffer.from([
  0, 1, 0x7f, 0x80, 0xff, 0xc0, 0xe0, 0xf8, 0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x3a, 0x0a, 0x2d,
]);
const BODY_BYTES_MAX = 64 << 10;

type Mutation = (body: Buffer, dice: (below: number) => number, seeds: readonly Buffer[]) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (body, dice) => changeByte(body, dice, (byte) => byte ^ (1 << dice(8))),
  (body, dice) => changeByte(body, dice, () => INTERESTING[dice(INTERESTING.length)]),
  (body, dice) => changeByte(body, dice, () => dice(256)),
  (body, dice) => body.subarray(0, dice(body.length + 1)),
  (body, dice) => body.subarray(dice(body.length + 1)),
  (body, dice) => {
    const [start, end] = span(body, dice);
    return Buffer.concat([body.subarray(0, start), body.subarray(end)]);
  },
  (body, dice) => {
    const [start, end] = span(body, dice);
    return Buffer.concat([body.subarray(0, end), body.subarray(start)]);
  },
  (body, dice) => {
    const at = dice(body.length + 1);
    const inserted = Buffer.alloc(1 + dice(8), INTERESTING[dice(INTERESTING.length)]);
    return Buffer.concat([body.subarray(0, at), inserted, body.subarray(at)]);
  },
  (body, dice, seeds) => {
    const other = seeds[dice(seeds.length)];
    return Buffer.concat([body.subarray(0, dice(body.length + 1)), other.subarray(dice(other.length + 1))]);
  },
];

function changeByte(body: Buffer, dice: (below: number) => number, change: (byte: number) => number): Buffer {
  if (body.length === 0) return body;
  const changed = Buffer.from(body);
  const at = dice(changed.length);
  changed[at] = change(changed[at]);
  return changed;
}

function span(body: Buffer, dice: (below: number) => number): [number, number] {
  const start = dice(body.length + 1);
  return [start, Math.min(body.length, start + 1 + dice(64))];
}

/** One of the seeds with one to six mutations, at most 64 KiB, in memory of its own. */
export function mutate(seeds: readonly Buffer[], dice: (below: number) => number): Buffer {
  let body = seeds[dice(seeds.length)];
  for (let i = 0, count = 1 + dice(6); i < count; i++) {
    body = MUTATIONS[dice(MUTATIONS.length)](body, dice, seeds).subarray(0, BODY_BYTES_MAX);
  }
  return Buffer.from(body);
}
