import { readdirSync, readFileSync } from 'node:fs';
import { decodeBulk, decodeDocument } from '../../src/receivers/elasticsearch/decode.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/elasticsearch/fixtures/'),
);
const REQUEST = { format: 'bulk', query: '', params: { index: 'logs-auth-x' }, receivedAtMs: 1_800_000_000_000 };

/** Bulk requests and documents: the receiver's fixtures, mutated. What is answered must be JSON. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const seeds = readdirSync(FIXTURES).map((name) => readFileSync(new URL(`${name}/input.ndjson`, FIXTURES)));
  const documents = seeds.flatMap((seed) => seed.toString().split('\n').map(Buffer.from));
  const bulk = decoderRun((body, batch) => JSON.parse(decodeBulk(body, batch, REQUEST)));
  const document = decoderRun((body, batch) => JSON.parse(decodeDocument(body, batch, REQUEST)));
  return [
    { name: 'elasticsearch-bulk', seeds, run: bulk },
    { name: 'elasticsearch-document', seeds: documents, run: document },
  ];
}
