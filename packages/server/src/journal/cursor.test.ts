import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openCursor } from './cursor.ts';
import { realFiles } from './disk/files.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cursor-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const flip = (name: string, ...places: number[]) => {
  const bytes = readFileSync(join(dir, name));
  for (const at of places) bytes[at]! ^= 1;
  writeFileSync(join(dir, name), bytes);
};

test.each(['', '..', 'a/b', 'a.b', 'ä', '-a', 'x'.repeat(101)])('%j is no name', async (name) => {
  await expect(openCursor(dir, name)).rejects.toThrow('does not match');
});

test('going back takes a rewind', async () => {
  const cursor = await openCursor(dir, 'a');
  await cursor.commit(9, null);
  await cursor.rewind(3, null);
  expect((await openCursor(dir, 'a')).load()?.position).toBe(3);
});

describe('damage', () => {
  const size = async (): Promise<number> => {
    const cursor = await openCursor<string>(dir, 'a');
    await cursor.commit(1, 'x');
    await cursor.commit(2, 'y');
    return readFileSync(join(dir, 'a.0')).length;
  };

  test('in any one place of the newest file costs nothing', async () => {
    const bytes = await size();
    for (let at = 0; at < bytes; at += 1) {
      flip('a.0', at);
      expect((await openCursor(dir, 'a')).load(), `byte ${at}`).toEqual({ position: 2, state: 'y' });
      flip('a.0', at);
    }
  });
  test('of all of the newest file falls back to the one before, and is told', async () => {
    const bytes = await size();
    flip('a.0', 3, bytes / 2 + 3);
    const cursor = await openCursor<string>(dir, 'a');
    expect(cursor.load()).toEqual({ position: 1, state: 'x' });
    expect(cursor.damagedFiles).toBe(1);
    await cursor.commit(2, 'z');
    expect((await openCursor(dir, 'a')).load()).toEqual({ position: 2, state: 'z' });
    expect((await openCursor(dir, 'a')).damagedFiles).toBe(0);
  });
  test.each(['', 'x', '\n\n', 'not json\nnot json\n'])('of both files is no cursor, and is told (%j)', async (text) => {
    for (const name of ['a.0', 'a.1']) writeFileSync(join(dir, name), text);
    const cursor = await openCursor(dir, 'a');
    expect(cursor.load()).toBe(null);
    expect(cursor.damagedFiles).toBe(2);
  });
});

test('a state of an earlier version is checked by its parser', async () => {
  await (await openCursor<string>(dir, 'a')).commit(1, 'old');
  const parseState = (state: unknown) => ({ was: String(state) });
  expect((await openCursor(dir, 'a', { parseState })).load()).toEqual({ position: 1, state: { was: 'old' } });
});

test.each([
  ['ENOSPC', 'disk_full'],
  ['EIO', 'journal_unavailable'],
])('a disk that answers %s leaves the cursor where it was: %s', async (errno, code) => {
  const disk = { broken: false };
  const write: typeof realFiles.write = (...call) => {
    if (disk.broken) throw Object.assign(new Error('simulated'), { code: errno });
    return realFiles.write(...call);
  };
  const cursor = await openCursor(dir, 'a', { files: { ...realFiles, write } });
  await cursor.commit(1, null);
  disk.broken = true;
  await expect(cursor.commit(2, null)).rejects.toMatchObject({ code });
  expect(cursor.load()?.position).toBe(1);
  expect((await openCursor(dir, 'a')).load()?.position).toBe(1);
  disk.broken = false;
  await cursor.commit(3, null);
  expect((await openCursor(dir, 'a')).load()?.position).toBe(3);
});
