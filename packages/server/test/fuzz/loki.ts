import { readdirSync, readFileSync } from 'node:fs';
import { decodeJson } from '../../src/receivers/loki/decode-json.ts';
import { decodeProtobuf } from '../../src/receivers/loki/decode-protobuf.ts';
import { decoderRun } from './decoder-run.ts';

/** In the source tree, also when this runs compiled. */
const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/loki/fixtures/'),
);

/** Loki pushes, expanded, in both formats: the receiver's fixtures, mutated. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const json: Buffer[] = [];
  const protobuf: Buffer[] = [];
  for (const name of readdirSync(FIXTURES)) {
    const folder = new URL(`${name}/`, FIXTURES);
    const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
    const bytes = readFileSync(new URL(input, folder));
    if (input.endsWith('.json')) json.push(bytes);
    else protobuf.push(Buffer.from(bytes.toString().replace(/\s/g, ''), 'hex'));
  }
  return [
    { name: 'loki json', seeds: json, run: decoderRun(decodeJson) },
    { name: 'loki protobuf', seeds: protobuf, run: decoderRun(decodeProtobuf) },
  ];
}
