import { readdirSync, readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import { decodeFrames } from '../../src/receivers/lumberjack/decode.ts';
import { revealFrames } from '../../src/receivers/lumberjack/reveal.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/lumberjack/fixtures/'),
);

/**
 * Frames: the receiver's fixtures, mutated, as they are and inside of a compressed frame. What zlib refuses is left out:
 * it gives its memory back with the next turn of the event loop, for which a fuzz run does not wait.
 */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const windows = readdirSync(FIXTURES).map((name) => readFileSync(new URL(`${name}/input.bin`, FIXTURES)));
  // A window of 6 bytes, then the head of the compressed frame.
  const seeds = windows.map((bytes) => Buffer.concat([bytes.subarray(0, 6), inflateSync(bytes.subarray(12))]));
  seeds.push(
    Buffer.from('1D\0\0\0\u0001\0\0\0\u0002\0\0\0\u0004line\0\0\0\u0003a"b\0\0\0\u0004host\0\0\0\u0001h', 'latin1'),
  );
  const run = decoderRun(decodeFrames);
  return [
    { name: 'lumberjack', seeds, run },
    { name: 'lumberjack compressed', seeds, run: (body) => run(compressed(body)) },
    { name: 'lumberjack revealed', seeds, run: (body) => run(revealFrames(compressed(body), REVEAL)) },
  ];
}

const REVEAL = { mask: () => {}, bytesMax: 1 << 20 };

function compressed(frames: Buffer): Buffer {
  const block = deflateSync(frames, { level: 1 });
  const head = Buffer.from('2C\0\0\0\0');
  head.writeUInt32BE(block.length, 2);
  return Buffer.concat([head, block]);
}
