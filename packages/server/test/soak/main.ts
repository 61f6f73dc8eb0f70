import { spawnSync } from 'node:child_process';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { allCasesTest } from './all-cases.ts';
import { diskFullTest } from './disk-full.ts';
import { fileTailTest } from './file-tail.ts';
import { forwardingTest } from './forwarding.ts';
import { killTest } from './kill.ts';
import { logqlTwinsTest } from './logql-twins.ts';
import { outcomesTest } from './outcomes.ts';
import { sdkTest } from './sdk.ts';
import { storeKillTest, storeWriterTest } from './store.ts';

/**
 * The long checks, one after another, with one printed seed.
 *   make soak ARGS="--seed 7 --only kill"
 *   make soak ARGS="--only ui --part live-tail --minutes 10"
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    only: { type: 'string' },
    restarts: { type: 'string' },
    pairs: { type: 'string' },
    minutes: { type: 'string' },
    part: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const print = (line: string) => void process.stdout.write(`${line}\n`);
const extension = extname(import.meta.url);

function script(path: string, args: string[]): boolean {
  const child = spawnSync(
    process.execPath,
    ['--expose-gc', join(import.meta.dirname, `${path}${extension}`), ...args],
    {
      stdio: 'inherit',
    },
  );
  return child.status === 0;
}

/** An option as a script takes it, if it was given here. */
const given = (name: 'minutes' | 'part'): string[] => (values[name] === undefined ? [] : [`--${name}`, values[name]]);

const checks: Record<string, () => Promise<boolean> | boolean> = {
  simulation: () => script('../sim/main', ['--seeds', '10000', '--from', String(seed)]),
  fuzz: () => script('../fuzz/main', ['--count', '200000', '--seed', String(seed)]),
  'all-cases': () => allCasesTest({ seed }),
  outcomes: () => outcomesTest({ seed, rounds: 40, print }),
  kill: () => killTest({ seed, serverKills: 20, engineKills: 20, print }),
  'store-kill': () => storeKillTest({ seed, kills: 100, print }),
  'store-writer': () => storeWriterTest({ seed, histories: 500, print }),
  forwarding: () => forwardingTest({ seed, kills: 20, seconds: 60, eventsPerSecond: 5000, print }),
  'file-tail': () => fileTailTest({ seed, restarts: Number(values.restarts ?? 50), print }),
  sdk: () => sdkTest({ seed, serverKills: 20, programKills: 5, print }),
  'logql-twins': () => logqlTwinsTest({ seed, pairs: Number(values.pairs ?? 20_000), print }),
  'disk-full': () => diskFullTest({ seed, print }),
  ui: () => script('../../../web/test/soak/main', [...given('minutes'), ...given('part')]),
};

print(`soak seed=${seed}`);
let failed = 0;
let passed = 0;
for (const [name, check] of Object.entries(checks)) {
  if (values.only !== undefined && values.only !== name) continue;
  print(`— ${name}`);
  if (await check()) passed++;
  else {
    failed++;
    print(`FAILED ${name}, seed ${seed}`);
  }
}
print(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
