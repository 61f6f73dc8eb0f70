import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Tests that take a share of their cases in `make test` (test/support/share.ts), here with all of them. */
const FILES = ['abuse', 'lifecycle', 'logql-golden', 'tenants'];

export function allCasesTest({ seed }: { seed: number }): boolean {
  let root = import.meta.dirname;
  while (!existsSync(join(root, 'package-lock.json'))) root = join(root, '..');
  const files = FILES.map((name) => `packages/server/test/app/${name}.test.ts`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', 'app', ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ALL_CASES: '1', SEED: String(seed) },
  });
  return status === 0;
}
