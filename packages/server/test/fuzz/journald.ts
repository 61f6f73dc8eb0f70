import { readdirSync, readFileSync } from 'node:fs';
import { decodeExport } from '../../src/receivers/journald/decode.ts';
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
  return [{ name: 'journald', seeds, run }];
}
