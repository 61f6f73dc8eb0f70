import { parseArgs } from 'node:util';
import { PermanentError } from '../../src/runtime/errors.ts';
import * as browser from './browser.ts';
import * as datadog from './datadog.ts';
import * as elasticsearch from './elasticsearch.ts';
import * as fileTail from './file-tail.ts';
import * as firehose from './firehose.ts';
import * as fluentForward from './fluent-forward.ts';
import * as gelf from './gelf.ts';
import * as journald from './journald.ts';
import * as loki from './loki.ts';
import * as lumberjack from './lumberjack.ts';
import { createDice, mutate } from './mutate.ts';
import * as ndjson from './ndjson.ts';
import * as otlp from './otlp.ts';
import * as splunkHec from './splunk-hec.ts';
import * as syslog from './syslog.ts';

/**
 * Mutated bodies to every decoder: only PermanentError may come out, and memory stays flat.
 *   node main.js [--count 200000] [--seed 1] [--only otlp]
 */
export interface FuzzCase {
  name: string;
  seeds: Buffer[];
  /** Decodes into a cleared batch; returns or throws. */
  run(body: Buffer): void;
}

const { values } = parseArgs({
  options: { count: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const count = Number(values.count ?? 200_000);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
/** Of the peak in the second half over the peak in the first. Interned names come and go, a leak only grows. */
const GROWTH_BYTES_MAX = 48 << 20;
const SAMPLES = 40;

const cases: FuzzCase[] = [
  ...gelf.fuzzCases(),
  ...syslog.fuzzCases(),
  ...fluentForward.fuzzCases(),
  ...lumberjack.fuzzCases(),
  ...browser.fuzzCases(),
  ...datadog.fuzzCases(),
  ...splunkHec.fuzzCases(),
  ...elasticsearch.fuzzCases(),
  ...fileTail.fuzzCases(),
  ...otlp.fuzzCases(),
  ...ndjson.fuzzCases(),
  ...firehose.fuzzCases(),
  ...journald.fuzzCases(),
  ...loki.fuzzCases(),
];
let failed = 0;
for (const fuzzCase of cases) {
  if (values.only !== undefined && !fuzzCase.name.includes(values.only)) continue;
  failed += await fuzz(fuzzCase);
}
process.stdout.write(`fuzz seed=${seed} ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

async function fuzz({ name, seeds, run }: FuzzCase): Promise<number> {
  const dice = createDice(seed);
  let accepted = 0;
  const peaks = [0, 0];
  for (let i = 0; i < count; i++) {
    if (i % Math.ceil(count / SAMPLES) === 0) {
      const half = i < count / 2 ? 0 : 1;
      peaks[half] = Math.max(peaks[half], await memoryBytes());
    }
    const body = mutate(seeds, dice);
    try {
      run(body);
      accepted++;
    } catch (error) {
      if (error instanceof PermanentError) continue;
      process.stdout.write(`${name} seed=${seed} body ${i}: ${error instanceof Error ? error.stack : error}\n`);
      process.stdout.write(`${body.toString('base64').slice(0, 4000)}\n`);
      return 1;
    }
  }
  const growth = peaks[1] - peaks[0];
  process.stdout.write(
    `${name}: ${count} bodies, ${accepted} taken, ${count - accepted} refused, memory ${mib(growth)}\n`,
  );
  return growth > GROWTH_BYTES_MAX ? 1 : 0;
}

/** zlib frees what a call that failed had taken only when the event loop turns. */
async function memoryBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function mib(bytes: number): string {
  return `${bytes >= 0 ? '+' : ''}${(bytes / 1048576).toFixed(1)} MiB`;
}
