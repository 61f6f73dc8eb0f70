import { readdirSync, readFileSync } from 'node:fs';
import { decodeBrowser } from '../../src/receivers/browser/decode.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/browser/fixtures/'),
);

/** Bodies of `POST /api/browser/logs`: the receiver's fixtures, mutated. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const seeds = readdirSync(FIXTURES).map((name) => {
    const folder = new URL(`${name}/`, FIXTURES);
    return readFileSync(new URL(readdirSync(folder).find((file) => file.startsWith('input.'))!, folder));
  });
  return [{ name: 'browser', seeds, run: decoderRun(decodeBrowser) }];
}
