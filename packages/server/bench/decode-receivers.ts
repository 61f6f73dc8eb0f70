/**
 * CPU time to decode the same events as every receiver's clients send them, per event: one line a protocol, without
 * undoing a Content-Encoding, beside the budget of the whole path from socket to acknowledgement.
 *
 *   node packages/server/bench/decode-receivers.ts EVENTS.ndjson [runs] [protocol…]
 */
import { decoders } from '../src/receivers/registry.ts';
import { newBatch } from '../src/receivers/util/test-batch.ts';
import { cpuMicrosPerEvent, readLines } from './decode-timing.ts';
import { chosenProtocols } from './protocols/index.ts';
import { benchEventOf, type Protocol } from './protocols/protocol.ts';

const EVENTS = 2000;
const [path, runs = '9', ...names] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: decode-receivers.ts EVENTS.ndjson [runs] [protocol…]');
const events = readLines(path, EVENTS).map(benchEventOf);
const decodeOf = decoders();

console.log('| protocol | decode, µs/event | budget of the whole path | B/event |\n|---|---|---|---|');
for (const protocol of chosenProtocols(names)) measure(protocol);

function measure({ name, decoder, format, query = '', params = {}, budgetUs, body: encode }: Protocol): void {
  const decode = decodeOf.get(decoder);
  if (decode === undefined) throw new Error(`no decoder ${decoder}`);
  const body = encode(events);
  const batch = newBatch();
  const request = { format, query, params, receivedAtMs: Date.now() };
  const micros = cpuMicrosPerEvent(EVENTS, Number(runs), () => {
    batch.clear();
    batch.beginRequest();
    decode(body, batch, request);
  });
  if (batch.rows !== EVENTS) throw new Error(`${name}: ${batch.rows} of ${EVENTS} events`);
  console.log(`| ${name} | ${micros.toFixed(2)} | ${budgetUs ?? ''} | ${Math.round(body.length / EVENTS)} |`);
}
