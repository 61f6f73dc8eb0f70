/**
 * CPU time of the processors redact and enrich per event, and recall and precision of each redaction rule on the
 * labelled corpus.
 *
 *   node packages/server/bench/redact.ts EVENTS.ndjson [runs]
 *
 * EVENTS.ndjson: the benchmark's events, of which the first 5,000 are one batch: as they are (clean), and with a line of
 * the corpus that holds a secret behind 5 % and 100 % of the messages.
 */
import type { EventBatch } from '../src/batch/event-batch.ts';
import { createEnrich } from '../src/processors/enrich/index.ts';
import type { Processor, ProcessorContext } from '../src/processors/processor.ts';
import { CORPUS_ATTRIBUTES, CORPUS_LINES } from '../src/processors/redact/corpus/corpus.ts';
import { createRedact } from '../src/processors/redact/index.ts';
import { measureCorpus } from '../src/processors/redact/measure.ts';
import { decodeJson } from '../src/receivers/ndjson/decode.ts';
import { newBatch } from '../src/receivers/util/test-batch.ts';
import { readLines } from './decode-timing.ts';

const EVENTS = 5000;
const WARM_UP_APPLIES = 40;
const APPLIES_A_RUN = 10;

const [path, runs = '15'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: redact.ts EVENTS.ndjson [runs]');
const lines = readLines(path, EVENTS);

printCorpus();
console.log(`\nµs/event of CPU, ${EVENTS} events, ${bytesOf(lines)} B each of message and text attributes`);
for (const [name, share] of [
  ['clean', 0],
  ['5 % with a secret', 0.05],
  ['all with a secret', 1],
] as const) {
  const body = dirtied(lines, share);
  console.log(`redact, ${name.padEnd(18)} ${microsPerEvent(createRedact(), body).toFixed(2)}`);
}
const enrich = createEnrich({ logTypes: { 'acme.auth': 'auth' } });
console.log(`enrich                     ${microsPerEvent(enrich, dirtied(lines, 0)).toFixed(2)}`);

/** The first `share` of every 100 messages gets a line of the corpus behind it. */
function dirtied(events: readonly string[], share: number): Buffer {
  const secrets = CORPUS_LINES.filter((line) => line.secrets.length > 0);
  const changed = events.map((line, i) => {
    if (i % 100 >= share * 100) return line;
    const event = JSON.parse(line);
    return JSON.stringify({ ...event, message: `${event.message} ${secrets[i % secrets.length].text}` });
  });
  return Buffer.from(changed.join('\n'));
}

function bytesOf(events: readonly string[]): number {
  const text = (value: unknown): number => {
    if (typeof value === 'string') return Buffer.byteLength(value);
    if (typeof value !== 'object' || value === null) return 0;
    return Object.values(value).reduce((sum, inner) => sum + text(inner), 0);
  };
  const bytes = events.map((line) => JSON.parse(line)).reduce((sum, e) => sum + text(e.message) + text(e.metadata), 0);
  return Math.round(bytes / events.length);
}

/** The median over runs. Only `apply` is timed: the batch is decoded anew each time, since a dirty one changes. */
function microsPerEvent(processor: Processor, body: Buffer): number {
  const context: ProcessorContext = {
    orgId: 'acme',
    receivedAtMs: Date.now(),
    settings: { retentionDays: 30, redactRulesOff: [], logTypes: {} },
  };
  const batch = newBatch();
  for (let i = 0; i < WARM_UP_APPLIES; i++) applyMicros(processor, batch, body, context);
  const results: number[] = [];
  for (let run = 0; run < Number(runs); run++) {
    let micros = 0;
    for (let i = 0; i < APPLIES_A_RUN; i++) micros += applyMicros(processor, batch, body, context);
    results.push(micros / (APPLIES_A_RUN * EVENTS));
  }
  return results.sort((a, b) => a - b)[results.length >> 1];
}

function applyMicros(processor: Processor, batch: EventBatch, body: Buffer, context: ProcessorContext): number {
  batch.clear();
  decodeJson(body, batch);
  if (batch.rows !== EVENTS) throw new Error(`${batch.rows} of ${EVENTS} events`);
  const before = process.cpuUsage();
  processor.apply(batch, context);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function printCorpus(): void {
  const { rules, differences } = measureCorpus();
  const labelled = CORPUS_LINES.filter((line) => line.secrets.length > 0).length;
  const lookalikes = CORPUS_LINES.length - labelled;
  console.log(`corpus: ${labelled} lines with secrets, ${lookalikes} without, ${CORPUS_ATTRIBUTES.length} attributes`);
  console.log('rule            secrets  found  wrong  recall  precision');
  for (const { rule, secrets, found, wrong, recall, precision } of rules) {
    const counts = [secrets, found, wrong].map((count) => `${count}`.padStart(7)).join('');
    console.log(`${rule.padEnd(16)}${counts}  ${recall.toFixed(3).padStart(6)}  ${precision.toFixed(3).padStart(9)}`);
  }
  for (const { kind, rule, text, line, known } of differences) {
    console.log(`${kind}: ${rule} ${JSON.stringify(text)} in ${JSON.stringify(line)} (${known || 'not known'})`);
  }
}
