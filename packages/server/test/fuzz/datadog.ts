import { readdirSync, readFileSync } from 'node:fs';
import { decodeItems, decodeLines } from '../../src/receivers/datadog/decode.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/datadog/fixtures/'),
);

const QUERY = 'ddsource=s&ddtags=env:prod,team&hostname=h';

/** Bodies of Datadog's intake: the receiver's fixtures, mutated. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const seeds = readdirSync(FIXTURES).map((name) => {
    const folder = new URL(`${name}/`, FIXTURES);
    return readFileSync(new URL(readdirSync(folder).find((file) => file.startsWith('input.'))!, folder));
  });
  return [
    { name: 'datadog items', seeds, run: decoderRun((body, batch) => decodeItems(body, batch, QUERY)) },
    { name: 'datadog lines', seeds, run: decoderRun((body, batch) => decodeLines(body, batch, QUERY)) },
  ];
}
