/**
 * CPU time to decode the same events as every receiver's clients send them, per event: one line a receiver and format.
 *
 *   node packages/server/bench/decode-receivers.ts EVENTS.ndjson [runs]
 */
import { newBatch } from '../src/receivers/util/test-batch.ts';
import { type SampleEvent, sampleFormats, sampleParams } from '../test/support/receiver-samples.ts';
import { cpuMicrosPerEvent, readLines } from './decode-timing.ts';

const EVENTS = 1000;
const [path, runs = '9'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: decode-receivers.ts EVENTS.ndjson [runs]');
const events = readLines(path, EVENTS).map(sampleOf);

for (const { receiver, route, format } of sampleFormats) {
  const body = format.encode(events);
  const batch = newBatch();
  const request = { format: format.name, query: '', params: sampleParams(route), receivedAtMs: Date.now() };
  const micros = cpuMicrosPerEvent(EVENTS, Number(runs), () => {
    batch.clear();
    batch.beginRequest();
    route.decode(body, batch, request);
  });
  if (batch.rows !== EVENTS) throw new Error(`${receiver} ${format.name}: ${batch.rows} of ${EVENTS} events`);
  const name = `${receiver} ${format.name}`;
  console.log(`${name.padEnd(28)} ${micros.toFixed(2)} µs/event, ${Math.round(body.length / EVENTS)} B/event`);
}

/** What every protocol can say of a generated event. */
function sampleOf(line: string): SampleEvent {
  const { message, service, host, trace_id, metadata = {} } = JSON.parse(line) as Record<string, unknown>;
  const attributes = Object.entries(metadata as Record<string, unknown>).map(([name, value]) => [name, String(value)]);
  return {
    message: String(message),
    service: String(service ?? 'bench'),
    host: String(host ?? 'box'),
    ...(typeof trace_id === 'string' && trace_id.length === 32 ? { traceId: trace_id } : {}),
    attributes: Object.fromEntries(attributes),
  };
}
