import { readdirSync, readFileSync } from 'node:fs';
import { decodeEvents, decodeRaw } from '../../src/receivers/splunk-hec/decode.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/splunk-hec/fixtures/'),
);

const QUERY = 'host=h&sourcetype=t&time=1795248980';

/** Bodies of Splunk's HTTP Event Collector: the receiver's fixtures, mutated. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const seeds = readdirSync(FIXTURES).map((name) => readFileSync(new URL(`${name}/input.json`, FIXTURES)));
  return [
    { name: 'splunk-hec event', seeds, run: decoderRun((body, batch) => decodeEvents(body, batch, QUERY)) },
    { name: 'splunk-hec raw', seeds, run: decoderRun((body, batch) => decodeRaw(body, batch, QUERY)) },
  ];
}
