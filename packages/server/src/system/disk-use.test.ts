import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { diskSpace, diskUse, residentBytes } from './disk-use.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-disk-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('bytes by part, of all files below', async () => {
  const write = (path: string, bytes: number) => {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), Buffer.alloc(bytes));
  };
  write('journal/1.log', 10);
  write('store/data/a/b/c.bin', 100);
  linkSync(join(dir, 'store/data/a/b/c.bin'), join(dir, 'store/data/again.bin'));
  write('dead-letters/acme/x', 7);
  write('set-aside/y', 3);
  write('lock', 5);
  expect(await diskUse(dir)).toEqual({
    journal: 10,
    store: 100,
    dead_letters: 10,
    undelivered: 0,
    control: 0,
    other: 5,
  });
  expect(await diskUse(join(dir, 'nothing'))).toMatchObject({ other: 0 });
});

test('the file system has more than what is free of it', async () => {
  const { totalBytes, freeBytes } = await diskSpace(dir);
  expect(freeBytes).toBeGreaterThan(0);
  expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
});

test('of a process that there is not, the memory is not known', async () => {
  expect(await residentBytes(2 ** 30)).toBeNull();
});
