/**
 * CPU time to decode the platform's JSON into an EventBatch, per event.
 *
 *   node packages/server/bench/decode-json.ts EVENTS.ndjson [runs]
 *
 * EVENTS.ndjson: the benchmark's events, of which the first 5,000 make one body, as NDJSON and as one array; and the
 * same with the members in another order and extra names in each event.
 */
import { decodeJson } from '../src/receivers/ndjson/decode.ts';
import { newBatch } from '../src/receivers/util/test-batch.ts';
import { cpuMicrosPerEvent, readLines } from './decode-timing.ts';

const EVENTS = 5000;
const [path, runs = '25'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: decode-json.ts EVENTS.ndjson [runs]');
const lines = readLines(path, EVENTS);

const bodies: Record<string, string> = {
  NDJSON: lines.join('\n'),
  'JSON array': `[${lines.join(',')}]`,
  'NDJSON, varied': lines.map(vary).join('\n'),
};
const batch = newBatch();
for (const [name, text] of Object.entries(bodies)) {
  const body = Buffer.from(text);
  const micros = cpuMicrosPerEvent(EVENTS, Number(runs), () => {
    batch.clear();
    decodeJson(body, batch);
  });
  if (batch.rows !== lines.length) throw new Error(`${name}: ${batch.rows} of ${lines.length} events`);
  console.log(`${name.padEnd(18)} ${micros.toFixed(2)} µs/event, ${Math.round(body.length / lines.length)} B/event`);
}

/** Turns the members round and adds two, so that no two neighbours have one shape. */
function vary(line: string, index: number): string {
  const members = Object.entries(JSON.parse(line));
  const turn = (index * 7) % members.length;
  const turned = [...members.slice(turn), ...members.slice(0, turn)];
  return JSON.stringify(
    Object.fromEntries([...turned, [`x_${index % 211}`, index], [`tag${index % 37}`, `v${index}`]]),
  );
}
