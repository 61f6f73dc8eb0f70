/**
 * CPU time to decode Loki pushes into an EventBatch, per event; snappy is not in it, but for the line that says so.
 *
 *   node packages/server/bench/decode-loki.ts EVENTS.ndjson [runs]
 *
 * EVENTS.ndjson: the benchmark's events, of which the first 5,000 make one body.
 */
import snappy from 'snappy';
import { decodeJson } from '../src/receivers/loki/decode-json.ts';
import { decodeProtobuf } from '../src/receivers/loki/decode-protobuf.ts';
import { newBatch } from '../src/receivers/util/test-batch.ts';
import { encodePush, encodePushJson, pushStreamsOf } from '../test/support/loki-push.ts';
import { cpuMicrosPerEvent, readLines } from './decode-timing.ts';

const EVENTS = 5000;
const [path, runs = '25'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: decode-loki.ts EVENTS.ndjson [runs]');
const lines = readLines(path, EVENTS);
const ids = pushStreamsOf(lines, 'ids');
const all = pushStreamsOf(lines, 'all');
const unlevelled = ids.map(({ labels: { level: _, ...labels }, entries }) => ({ labels, entries }));

const batch = newBatch();
measure('protobuf, ids as metadata', encodePush(ids), (body) => decodeProtobuf(body, batch));
measure('protobuf, level from the line', encodePush(unlevelled), (body) => decodeProtobuf(body, batch));
measure('protobuf, all as metadata', encodePush(all), (body) => decodeProtobuf(body, batch));
measure('JSON, ids as metadata', Buffer.from(encodePushJson(ids)), (body) => decodeJson(body, batch));
measure('JSON, all as metadata', Buffer.from(encodePushJson(all)), (body) => decodeJson(body, batch));
const block = snappy.compressSync(encodePush(ids)) as Buffer;
measure('protobuf, ids, snappy undone', block, (body) =>
  decodeProtobuf(snappy.uncompressSync(body, { copyOutputData: true }) as Buffer, batch),
);

function measure(name: string, body: Buffer, decode: (body: Buffer) => void): void {
  const micros = cpuMicrosPerEvent(EVENTS, Number(runs), () => {
    batch.clear();
    decode(body);
  });
  if (batch.rows !== EVENTS) throw new Error(`${name}: ${batch.rows} of ${EVENTS} events`);
  console.log(`${name.padEnd(30)} ${micros.toFixed(2)} µs/event, ${Math.round(body.length / EVENTS)} B/event`);
}
