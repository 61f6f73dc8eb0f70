import { readdirSync, readFileSync } from 'node:fs';
import { decodeFirehose } from '../../src/receivers/firehose/decode.ts';
import { revealFirehose } from '../../src/receivers/firehose/reveal.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/firehose/fixtures/'),
);

/** Bodies of `POST /api/firehose`: the receiver's fixtures, mutated. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const seeds = readdirSync(FIXTURES).map((name) => {
    const folder = new URL(`${name}/`, FIXTURES);
    return readFileSync(new URL(readdirSync(folder).find((file) => file.startsWith('input.'))!, folder));
  });
  const run = decoderRun((body, batch) => {
    decodeFirehose(body, batch, { format: 'json', query: '', params: {}, receivedAtMs: 1 });
  });
  const reveal = (body: Buffer) => revealFirehose(body, { mask: () => {}, bytesMax: 1 << 20 });
  return [
    { name: 'firehose', seeds, run },
    { name: 'firehose revealed', seeds, run: (body) => run(reveal(body)) },
  ];
}
