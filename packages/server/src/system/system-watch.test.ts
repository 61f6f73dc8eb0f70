import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Readings, SystemWatch } from './system-watch.ts';

const START: Readings = { events: 0, bytes: 0, rejected: 0, journalNext: 1, storedNext: 1, enginePid: null };

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tailwater-system-'));
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

function watchOf() {
  let nowMs = 1_000_000;
  let readings = START;
  const faults: unknown[] = [];
  const watch = new SystemWatch({
    dataDir,
    readings: () => readings,
    onFault: (error) => faults.push(error),
    nowMs: () => nowMs,
  });
  const pass = (seconds: number, each: (before: Readings) => Partial<Readings>) => {
    for (let i = 0; i < seconds; i++) {
      nowMs += 1000;
      readings = { ...readings, ...each(readings) };
      watch.tick();
    }
  };
  return { watch, pass, faults };
}

test('rates of the last ten seconds, a point every ten', async () => {
  const { watch, pass, faults } = watchOf();
  pass(20, ({ events, bytes }) => ({ events: events + 100, bytes: bytes + 5000 }));
  pass(10, ({ events, rejected }) => ({ events: events + 200, rejected: rejected + 1 }));
  const { ingest, points, startedAtMs, memory, disk } = await watch.read();
  expect(ingest).toEqual({ eventsPerS: 200, bytesPerS: 0, rejectedPerS: 1 });
  expect(startedAtMs).toBe(1_000_000);
  expect(points.map(({ atMs }) => atMs - startedAtMs)).toEqual([1000, 11_000, 21_000]);
  expect(points[1]).toMatchObject({ eventsPerS: 100, backlogBytes: 0, lagMs: 0 });
  expect(points[1]!.diskFreeBytes).toBeGreaterThan(0);
  expect(memory.rssBytes).toBeGreaterThan(1 << 20);
  expect(disk.totalBytes).toBeGreaterThanOrEqual(disk.freeBytes);
  expect(faults).toEqual([]);
});

test('an hour of points, no more', async () => {
  const { watch, pass } = watchOf();
  pass(2 * 3600, () => ({}));
  expect((await watch.read()).points).toHaveLength(360);
});

test('a store that stands still is told by events, bytes and time', async () => {
  const { watch, pass } = watchOf();
  pass(5, () => ({}));
  pass(5, ({ events, bytes, journalNext }) => ({
    events: events + 10,
    bytes: bytes + 100,
    journalNext: journalNext + 1,
  }));
  expect((await watch.read()).lag).toEqual({ events: 50, bytes: 500, ms: 4000 });
});

test('stopping is safe before starting, and twice', async () => {
  const { watch } = watchOf();
  await watch.stop();
  watch.start();
  await watch.stop();
  await watch.stop();
});
