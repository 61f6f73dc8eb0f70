import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { DEFAULT_GENERATOR, generateEvents } from './event-generator.ts';

/**
 * Every benchmark by name. Without a name: all of them, one after another.
 *   npm run bench -- [name] [options]
 */
const SAMPLE_EVENTS = 5000;

/** Scripts that take a file of events as their argument. */
const SCRIPTS: Record<string, string> = {
  'decode-otlp': 'decode-otlp',
  'decode-json': 'decode-json',
  'decode-loki': 'decode-loki',
  'decode-receivers': 'decode-receivers',
  redact: 'redact',
};
/** Scripts that take nothing. */
const PLAIN_SCRIPTS: Record<string, string> = { journal: 'journal' };
const MODULES: Record<string, () => Promise<{ main(args: string[]): Promise<void> }>> = {
  tail: () => import('./tail.ts'),
  forward: () => import('./forward.ts'),
  'file-tail': () => import('./file-tail.ts'),
  requests: () => import('./requests.ts'),
  ingest: () => import('./ingest.ts'),
  receivers: () => import('./receivers.ts'),
  queries: () => import('./queries.ts'),
  logql: () => import('./logql.ts'),
  sdk: () => import('./sdk.ts'),
};

const [name, ...args] = process.argv.slice(2);
const names = [...Object.keys(SCRIPTS), ...Object.keys(PLAIN_SCRIPTS), ...Object.keys(MODULES)];
if (name !== undefined && !names.includes(name)) {
  process.stderr.write(`no benchmark ${name}; there are: ${names.join(', ')}\n`);
  process.exitCode = 2;
} else {
  for (const each of name === undefined ? names : [name]) await run(each);
}

async function run(benchmark: string): Promise<void> {
  process.stdout.write(`\n## ${benchmark}\n`);
  if (benchmark in MODULES) return (await MODULES[benchmark]()).main(args);
  if (benchmark in PLAIN_SCRIPTS) return runScript(PLAIN_SCRIPTS[benchmark], args);
  const scratch = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  try {
    const sample = join(scratch, 'events.ndjson');
    const lines = [...generateEvents(DEFAULT_GENERATOR).take(SAMPLE_EVENTS)].map((event) => JSON.stringify(event));
    writeFileSync(sample, `${lines.join('\n')}\n`);
    runScript(SCRIPTS[benchmark], [sample, ...args]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function runScript(script: string, scriptArgs: readonly string[]): void {
  const path = join(import.meta.dirname, `${script}${extname(import.meta.url)}`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', path, ...scriptArgs], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
