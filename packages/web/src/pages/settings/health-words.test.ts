import { describe, expect, test } from 'vitest';
import {
  diskHealth,
  diskParts,
  healthOf,
  ingestHealth,
  journalHealth,
  overallHealth,
  queryHealth,
  storeHealth,
} from './health-words.ts';
import type { System } from './system-query.ts';

const GIB = 2 ** 30;
const SYSTEM: System = {
  version: '0.1.0',
  node: 'v26',
  started_at: '2026-11-21T10:00:00Z',
  journal: { ready: true, fault: null, bytes: 27 * 2 ** 20, backlog_frames: 3 },
  store: { ready: true, detail: '', restarts: 0, lag_events: 12, lag_ms: 800 },
  memory: { rss_bytes: 2 ** 28, engine_rss_bytes: null },
  disk: {
    total_bytes: 100 * GIB,
    free_bytes: 60 * GIB,
    by_part: { journal: 100, store: 300, dead_letters: 0, undelivered: 0, control: 0, other: 0 },
  },
  ingest: { events_per_s: 5.25, bytes_per_s: 2048, rejected_per_s: 0 },
  queries_running: 1,
  tails_open: 2,
  series: { interval_ms: 10_000, points: [] },
};

describe('the store', () => {
  test('well', () => {
    expect(storeHealth(SYSTEM)).toMatchObject({
      state: 'good',
      sentence: 'Events can be found within 1 s. It has not been restarted.',
    });
  });

  test('behind: how much waits, and that nothing is lost', () => {
    const store = { ...SYSTEM.store, lag_events: 4000, lag_ms: 12_200 };
    expect(storeHealth({ ...SYSTEM, store })).toMatchObject({
      state: 'warn',
      sentence: 'The store is 12 s behind: 4,000 events wait in the journal; nothing is lost.',
    });
  });

  test('away, when nobody can count the events', () => {
    const store = { ...SYSTEM.store, ready: false, detail: 'it is starting', lag_events: null, lag_ms: null };
    const { state, sentence } = storeHealth({ ...SYSTEM, store });
    expect(state).toBe('bad');
    expect(sentence).toContain('does not answer (it is starting)');
    expect(sentence).toContain('3 batches wait in the journal; nothing is lost');
  });

  test('restarts are told', () => {
    const store = { ...SYSTEM.store, restarts: 2 };
    expect(storeHealth({ ...SYSTEM, store }).sentence).toContain('restarted 2 times');
  });
});

test('a journal that takes nothing', () => {
  const journal = { ...SYSTEM.journal, ready: false, fault: 'disk full' };
  expect(journalHealth({ journal })).toMatchObject({ state: 'bad', sentence: expect.stringContaining('(disk full)') });
});

test.each([
  [60, 'good'],
  [14, 'warn'],
  [4, 'bad'],
])('%i of 100 GiB free is %s', (free, state) => {
  expect(diskHealth({ disk: { ...SYSTEM.disk, free_bytes: free * GIB } }).state).toBe(state);
});

test('rejected events are told with where they are', () => {
  expect(ingestHealth(SYSTEM).sentence).toBe('5.3 events per second, 2.0 KiB per second. None is rejected.');
  expect(ingestHealth({ ingest: { ...SYSTEM.ingest, rejected_per_s: 20 } })).toMatchObject({ state: 'warn' });
});

test('queries and tails', () => {
  expect(queryHealth(SYSTEM).sentence).toBe('1 query runs now; 2 live tails are open.');
});

test('all in a line: what is bad comes before what is not well', () => {
  expect(overallHealth(healthOf(SYSTEM))).toEqual({ state: 'good', sentence: 'All is well.' });
  const ill = healthOf({
    ...SYSTEM,
    store: { ...SYSTEM.store, lag_ms: 60_000 },
    journal: { ...SYSTEM.journal, ready: false },
  });
  expect(overallHealth(ill)).toMatchObject({
    state: 'bad',
    sentence: expect.stringMatching(/^The journal takes no events/),
  });
});

test('disk by part, largest first', () => {
  expect(diskParts(SYSTEM.disk.by_part).map(({ name, share }) => [name, share])).toEqual([
    ['Event store', 0.75],
    ['Journal', 0.25],
    ['Dead letters', 0],
    ['Undelivered by integrations', 0],
    ['Settings and keys', 0],
    ['Other files of Tailwater', 0],
  ]);
});
