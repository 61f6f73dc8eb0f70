import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Tests that in `make test` take a share of their cases, or few runs: test/support/share.ts. Here they do all. */
const FILES = [
  ...['abuse', 'lifecycle', 'logql-golden', 'tenants'].map((name) => `test/app/${name}.test.ts`),
  ...['otlp/decode', 'loki/decode', 'ndjson/decode', 'journald/split'].map((name) => `src/receivers/${name}.test.ts`),
  'src/batch/batch.test.ts',
  'src/query/logql/patterns/pattern-clusters.test.ts',
];

export function allCasesTest({ seed }: { seed: number }): boolean {
  let root = import.meta.dirname;
  while (!existsSync(join(root, 'package-lock.json'))) root = join(root, '..');
  const files = FILES.map((path) => `packages/server/${path}`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', 'app', '--project', 'unit', ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ALL_CASES: '1', SEED: String(seed) },
  });
  return status === 0;
}
