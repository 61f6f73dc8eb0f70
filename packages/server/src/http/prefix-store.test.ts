import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PrefixStore } from './prefix-store.ts';

let dir: string;
let faults: unknown[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'prefixes-'));
  faults = [];
});
afterEach(() => rmSync(dir, { recursive: true }));

const open = (place = dir) => new PrefixStore(place, (fault) => faults.push(fault));
const rejection = { index: 1, code: 'event_too_large', field: '', error: 'no' } as const;
const prefix = (bytes: number) => ({
  ...{ bytes, digest: 'd' },
  receipt: { accepted: 1, rejectedCount: 1, rejections: [rejection], position: 7 },
});

test('what was kept last is there after a restart, until it is forgotten', async () => {
  const place = join(dir, 'not', 'there');
  const store = open(place);
  expect(store.recall('a')).toBeNull();
  await store.keep('a', prefix(1));
  await store.keep('a', prefix(2));
  await store.keep('b', prefix(3));
  expect(open(place).recall('a')).toEqual(prefix(2));
  await store.forget('a');
  await store.forget('never');
  expect(open(place).recall('a')).toBeNull();
  expect(open(place).recall('b')).toEqual(prefix(3));
  expect(faults).toEqual([]);
});

test('a file that cannot be read, and a place that cannot be written, are told', async () => {
  writeFileSync(join(dir, 'a.json'), '{"bytes":1}');
  writeFileSync(join(dir, 'b.json'), '');
  expect(open().recall('a')).toBeNull();
  expect(faults).toHaveLength(2);
  writeFileSync(join(dir, 'file'), '');
  const store = new PrefixStore(join(dir, 'new'), (fault) => faults.push(fault));
  writeFileSync(join(dir, 'new'), '');
  await store.keep('c', prefix(1));
  expect(store.recall('c')).toEqual(prefix(1));
  expect(faults).toHaveLength(3);
});

test('beyond a thousand the oldest is forgotten', async () => {
  const store = open();
  for (let i = 0; i <= 1000; i++) await store.keep(`k${i}`, prefix(i));
  expect(store.recall('k0')).toBeNull();
  expect(readdirSync(dir)).toHaveLength(1000);
});
