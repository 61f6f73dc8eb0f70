import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDir } from './lock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('a directory is locked once, also within one process, until it is released', () => {
  const lock = lockDataDir(join(dir, 'data'));
  expect(() => lockDataDir(join(dir, 'data'))).toThrow(/is in use by another server/);
  lock.release();
  lock.release();
  lockDataDir(join(dir, 'data')).release();
});

test('another process has the lock until it dies, however it dies', async () => {
  const holder = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { DatabaseSync } from 'node:sqlite';
     new DatabaseSync(${JSON.stringify(join(dir, 'lock'))}).exec('BEGIN EXCLUSIVE');
     console.log('locked');
     setInterval(() => {}, 1000);`,
  ]);
  await once(holder.stdout, 'data');
  expect(() => lockDataDir(dir)).toThrow(expect.objectContaining({ code: 'conflict' }));
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  lockDataDir(dir).release();
});
