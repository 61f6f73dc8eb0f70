/**
 * CPU time to decode OTLP logs into an EventBatch, and to make a journal frame of it, per event.
 *
 *   node packages/server/bench/decode-otlp.ts EVENTS.ndjson [runs]
 *
 * EVENTS.ndjson: the benchmark's events, of which the first 5,000 make one request, as protobuf and as JSON.
 */
import { fillAttributeTypes } from '../src/batch/attribute-types.ts';
import type { EventBatch } from '../src/batch/event-batch.ts';
import { encodeFrame } from '../src/batch/frame.ts';
import { decodeJson } from '../src/receivers/otlp/decode-json.ts';
import { decodeProtobuf } from '../src/receivers/otlp/decode-protobuf.ts';
import { newBatch } from '../src/receivers/util/test-batch.ts';
import { encodeJson, encodeProtobuf } from '../test/support/otlp-encode.ts';
import { otlpRequestOf } from '../test/support/otlp-events.ts';
import { cpuMicrosPerEvent, readLines } from './decode-timing.ts';

const EVENTS = 5000;
const [path, runs = '25'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: decode-otlp.ts EVENTS.ndjson [runs]');
const request = otlpRequestOf(readLines(path, EVENTS));

const bodies = {
  protobuf: { body: encodeProtobuf(request), decode: decodeProtobuf },
  'JSON, integers as strings': { body: encodeJson(request), decode: decodeJson },
  'JSON, integers as numbers': { body: encodeJson(request, { integers: 'numbers' }), decode: decodeJson },
};
console.log(`${EVENTS} events of ${request.resourceLogs.length} resources, µs/event`);
const batch = newBatch();
for (const [name, { body, decode }] of Object.entries(bodies)) {
  const decoded = cpuMicrosPerEvent(EVENTS, Number(runs), () => {
    batch.clear();
    decode(body, batch);
  });
  if (batch.rows !== EVENTS) throw new Error(`${name}: ${batch.rows} of ${EVENTS} events`);
  const framed = cpuMicrosPerEvent(EVENTS, Number(runs), () => {
    batch.clear();
    decode(body, batch);
    frame(batch);
  });
  const size = `${Math.round(body.length / EVENTS)} B/event`;
  console.log(`${name.padEnd(27)} decode ${decoded.toFixed(2)}, with frame ${framed.toFixed(2)}, ${size}`);
}

function frame(full: EventBatch): Buffer {
  const { rows, symbols } = full;
  full.org.fill(symbols.internText('acme'), rows);
  full.receiver.fill(symbols.internText('otlp'), rows);
  full.receivedAt.fillNumber(1_800_000_000_000, rows);
  full.retentionDays.fill(30, rows);
  fillAttributeTypes(full);
  return encodeFrame(full, { orgId: 'acme', receiver: 'otlp', receivedAtMs: 1_800_000_000_000 });
}
