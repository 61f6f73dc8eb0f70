import { readdirSync, readFileSync } from 'node:fs';
import { decodeFile } from '../../src/receivers/file-tail/decode.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/file-tail/fixtures/'),
);
const QUERIES = ['', 'multiline=auto', 'multiline=auto&last=1&label=a=b', 'start=^[0-9]'];

/** Pieces of log files: the receiver's fixtures, mutated. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const seeds = readdirSync(FIXTURES).map((name) => readFileSync(new URL(`${name}/input.log`, FIXTURES)));
  return QUERIES.map((query) => {
    const request = { format: 'lines', query, params: {}, receivedAtMs: 0 };
    const run = decoderRun((body, batch) => {
      const consumed = Number(decodeFile(body, batch, request));
      if (!(consumed >= 0 && consumed <= body.length)) throw new Error(`${consumed} of ${body.length} bytes consumed`);
    });
    return { name: `file-tail ${query}`, seeds, run };
  });
}
