/**
 * node packages/server/test/sim/main.ts [--seeds 10000] [--from 1]
 * Runs that many seeds and prints one line; a seed that breaks a promise is printed with what it broke.
 */
import { parseArgs } from 'node:util';
import { Simulation } from './simulation.ts';
import { type Counts, NO_COUNTS } from './support.ts';

const FAILURES_SHOWN_MAX = 10;

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '10000' }, from: { type: 'string', default: '1' } },
});
const from = Number(values.from);
const seeds = Number(values.seeds);
const total: Counts = { ...NO_COUNTS };
const started = performance.now();
let failures = 0;
for (let seed = from; seed < from + seeds; seed += 1) {
  try {
    const counts = await new Simulation(seed).run();
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
  } catch (error) {
    failures += 1;
    if (failures <= FAILURES_SHOWN_MAX) console.error(`seed ${seed}:`, error);
  }
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`${seeds} seeds from ${from} in ${seconds} s, ${failures} failed, ${JSON.stringify(total)}`);
process.exitCode = failures === 0 ? 0 : 1;
