import { readdirSync, readFileSync } from 'node:fs';
import { decodeExport } from '../../src/receivers/journald/decode.ts';
import { lastEventEnd } from '../../src/receivers/journald/split.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/journald/fixtures/'),
);

/** Bodies of `POST /upload`: the receiver's fixtures, mutated. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const seeds = readdirSync(FIXTURES).map((name) => {
    const folder = new URL(`${name}/`, FIXTURES);
    return readFileSync(new URL(readdirSync(folder).find((file) => file.startsWith('input.'))!, folder));
  });
  const run = decoderRun(decodeExport);
  return [
    { name: 'journald', seeds, run },
    { name: 'journald pieces', seeds, run: (body) => inPieces(body).forEach(run) },
  ];
}

/** As a body without an end is divided, when it comes in two parts. Throws when the pieces are not all of it. */
function inPieces(body: Buffer): Buffer[] {
  const half = body.subarray(0, body.length >> 1);
  const end = lastEventEnd(half);
  if (!Number.isInteger(end) || end < 0 || end > half.length) throw new Error(`the last whole event ends at ${end}`);
  const rest = body.subarray(end);
  const restEnd = lastEventEnd(rest);
  if (!Number.isInteger(restEnd) || restEnd < 0 || restEnd > rest.length) throw new Error(`it ends at ${restEnd}`);
  return [half.subarray(0, end), rest.subarray(0, restEnd), rest.subarray(restEnd)];
}
