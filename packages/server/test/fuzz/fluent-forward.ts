import { readdirSync, readFileSync } from 'node:fs';
import { encode } from '@msgpack/msgpack';
import { decodeForward } from '../../src/receivers/fluent-forward/decode.ts';
import { forwardProtocol } from '../../src/receivers/fluent-forward/index.ts';
import { revealForward } from '../../src/receivers/fluent-forward/reveal.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/fluent-forward/fixtures/'),
);

/**
 * Messages of the forward protocol: the receiver's fixtures and the rarer forms, mutated; mutated entries, packed; and
 * framing. What zlib refuses is left out: it gives its memory back with the next turn of the event loop, for which a
 * fuzz run does not wait.
 */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const seeds = readdirSync(FIXTURES)
    .filter((name) => !name.includes('compressed'))
    .map((name) => readFileSync(new URL(`${name}/input.msgpack`, FIXTURES)));
  for (const value of [
    ['app', [1_763_712_000.5, { level: 'warn' }], { a: [1, { b: null }], c: { d: -5 } }, { chunk: 'c' }],
    ['app', encode([1, { log: 'x', big: 2 ** 40 }]), { fluent_signal: 0, compressed: 'text' }],
    null,
  ]) {
    seeds.push(Buffer.from(encode(value)));
  }
  const run = decoderRun(decodeForward);
  const entries = [entry(1, { log: 'x' }), entry(2.5, { a: { b: [1, null] } }), entry([3, { m: true }], { n: -1 })];
  const packed = [Buffer.concat(entries), ...entries];
  return [
    { name: 'fluent-forward', seeds, run },
    { name: 'fluent-forward packed', seeds: packed, run: (body) => run(Buffer.from(encode(['app', body]))) },
    { name: 'fluent-forward revealed', seeds, run: (body) => run(revealForward(body, REVEAL)) },
    { name: 'fluent-forward framing', seeds, run: frames },
  ];
}

const REVEAL = { mask: () => {}, bytesMax: 1 << 20 };
const entry = (time: unknown, record: unknown) => Buffer.from(encode([time, record]));

/** In two pieces, as from a socket. */
function frames(body: Buffer): void {
  const { messageEnd, wantsAck } = forwardProtocol(null, undefined);
  for (let start = 0; start < body.length; ) {
    messageEnd(body.subarray(0, start + ((body.length - start) >> 1)), start);
    const end = messageEnd(body, start);
    if (end < 0) return;
    if (end <= start || end > body.length) throw new Error(`a message from ${start} to ${end} of ${body.length}`);
    wantsAck(body.subarray(start, end));
    start = end;
  }
}
