import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PackageName, pack } from './pack.ts';

/** What users install: it works in an empty project, brings nothing else along, and its types hold. */
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-packed-'));
  writeFileSync(join(dir, 'package.json'), '{"private":true,"type":"module"}');
  const packages: PackageName[] = ['sdk', 'browser'];
  const tarballs = [];
  for (const name of packages) tarballs.push(await pack(name, dir));
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], {
    cwd: dir,
    stdio: 'pipe',
  });
});
afterAll(() => rmSync(dir, { recursive: true }));

const installed = (path: string): string => readFileSync(join(dir, 'node_modules', path), 'utf8');

test('nothing else is installed', () => {
  const { packages } = JSON.parse(installed('.package-lock.json')) as { packages: object };
  expect(Object.keys(packages).sort()).toEqual(['node_modules/@tailwater/browser', 'node_modules/@tailwater/sdk']);
});

test('every entry can be imported', () => {
  const { exports } = JSON.parse(installed('@tailwater/sdk/package.json')) as { exports: object };
  const entries = Object.keys(exports).filter((entry) => !entry.endsWith('.yaml'));
  const program = entries.map((entry) => `await import('@tailwater/sdk${entry.slice(1)}');`).join('\n');
  writeFileSync(join(dir, 'imports.mjs'), program);
  expect(entries.length).toBeGreaterThan(10);
  execFileSync(process.execPath, ['imports.mjs'], { cwd: dir, stdio: 'pipe' });
});

test('a program emits, secrets replaced', () => {
  writeFileSync(
    join(dir, 'program.mjs'),
    `import { createTailwater } from '@tailwater/sdk';
     const tailwater = createTailwater({ service: 'packed', stdout: 'json' });
     tailwater.logger('auth').warn('no entry', { password: 'hunter2squirrel' });
     await tailwater.close();`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, ['program.mjs'], { cwd: dir, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ level: 'warn', message: 'no entry', service: 'packed' });
  expect(stdout).not.toContain('hunter2squirrel');
});

test("its types hold under an ordinary program's settings", () => {
  writeFileSync(
    join(dir, 'program.ts'),
    `import { init } from '@tailwater/browser';
     import { createTailwater, type Tailwater } from '@tailwater/sdk';
     import { platformEvents } from '@tailwater/sdk/events';
     const tailwater: Tailwater = createTailwater({ service: 'packed' });
     tailwater.emit({ logType: 'auth', severity: 'warn', metadata: { attempt: 2 } });
     export const events = platformEvents(tailwater);
     export const browser = init;
     // @ts-expect-error: no such severity
     tailwater.emit({ severity: 'loud' });`,
  );
  const require = createRequire(import.meta.url);
  const tsc = require.resolve('typescript/package.json').replace(/package\.json$/, 'bin/tsc');
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--module', 'nodenext'];
  const types = ['--typeRoots', join(import.meta.dirname, '..', 'node_modules', '@types'), '--types', 'node'];
  const checked = spawnSync(process.execPath, [tsc, ...flags, ...types, 'program.ts'], { cwd: dir, encoding: 'utf8' });
  expect(checked.stdout).toBe('');
});
