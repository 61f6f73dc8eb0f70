import { deflateSync, gzipSync } from 'node:zlib';
import { decodeGelf, decodeGelfMessages } from '../../src/receivers/gelf/decode.ts';
import { joinMessages } from '../../src/receivers/util/framed.ts';
import { decoderRun } from './decoder-run.ts';

const SEEDS = [
  '{"version":"1.1","host":"h","short_message":"a \\u00fc","full_message":"a\\nb","timestamp":1385053862.3072,"level":3,"_user_id":9001,"_nested":{"a":[1]}}',
  '{"short_message":"x","level":"7"}\n{"short_message":7,"_id":null,"host":true}',
  '{"version":"1.0","host":"h","short_message":"","facility":"f","line":1e3}\0{}',
].map((text) => Buffer.from(text));

/** Bodies of `POST /gelf`, and messages of sockets, mutated. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const decode = decoderRun(decodeGelfMessages);
  const message = (bytes: Buffer) => decode(joinMessages([{ bytes, peer: '10.1.2.3' }]));
  const body = joinMessages(SEEDS.map((bytes) => ({ bytes, peer: '10.1.2.3' })));
  return [
    { name: 'gelf http', seeds: SEEDS, run: decoderRun(decodeGelf) },
    { name: 'gelf message', seeds: SEEDS, run: message },
    // Compressed after mutation: what zlib refuses it keeps until the next tick, and none comes between two runs.
    { name: 'gelf gzip', seeds: SEEDS, run: (bytes) => message(gzipSync(bytes, { level: 1 })) },
    { name: 'gelf zlib', seeds: SEEDS, run: (bytes) => message(deflateSync(bytes, { level: 1 })) },
    { name: 'gelf body', seeds: [body], run: decode },
  ];
}
