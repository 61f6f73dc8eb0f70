import { expect, test } from 'vitest';
import { LiveBuffer } from './live-buffer.ts';
import { eventTail } from './tail-source.ts';

const source = { ...eventTail({ q: '', range: { from: '-1h', to: '' } }), backfillMax: 3 };
const hex = (id: number) => id.toString(16).padStart(22, '0');
const log = (id: number) =>
  JSON.stringify({ type: 'log', event: { event_id: hex(id), message: `m${id}`, timestamp: '2026-11-21T10:00:00Z' } });
const logs = (...ids: number[]) => ids.map(log);
const READY = '{"type":"ready"}';

const open = (rowsMax = 100) => new LiveBuffer(source, { rowsMax, nowMs: () => 0 });
const shown = (buffer: LiveBuffer) => {
  const { rows } = buffer.snapshot();
  return Array.from({ length: rows.length }, (_, at) => rows.at(at)!.message);
};

test('the newest are on top, those stored before below', () => {
  const buffer = open();
  buffer.take([...logs(1, 2), READY, ...logs(3)]);
  expect(shown(buffer)).toEqual(['m3', 'm2', 'm1']);
});

test('nothing shows before the backfill is whole', () => {
  const buffer = open();
  buffer.take(logs(1));
  expect(shown(buffer)).toEqual([]);
});

test('rows beyond what is kept make room', () => {
  const buffer = open(2);
  buffer.take([READY, ...logs(1, 2, 3)]);
  expect(shown(buffer)).toEqual(['m3', 'm2']);
});

test('paused rows stand still, and what came is counted and shown afterwards', () => {
  const buffer = open(3);
  buffer.take([READY, ...logs(1, 2)]);
  buffer.pause();
  buffer.take(logs(3, 4));
  expect(shown(buffer)).toEqual(['m2', 'm1']);
  expect(buffer.snapshot()).toMatchObject({ isPaused: true, newCount: 2 });
  buffer.resume();
  expect(shown(buffer)).toEqual(['m4', 'm3', 'm2']);
  expect(buffer.snapshot()).toMatchObject({ isPaused: false, newCount: 0 });
});

test('a new connection brings what is missing, and nothing twice', () => {
  const buffer = open();
  buffer.take([READY, ...logs(1, 2)]);
  buffer.connect();
  buffer.take([...logs(1, 2, 3), READY, ...logs(4)]);
  expect(shown(buffer)).toEqual(['m4', 'm3', 'm2', 'm1']);
});

test('a new connection whose backfill has nothing in common with what is there says so', () => {
  const buffer = open();
  buffer.take([READY, ...logs(1)]);
  buffer.connect();
  buffer.take([...logs(7, 8, 9), READY]);
  expect(shown(buffer)).toEqual([
    'm9',
    'm8',
    'm7',
    'The connection was away. The newest 3 events of that time follow; earlier ones may be missing here.',
    'm1',
  ]);
});

test('a connection that broke during its backfill leaves nothing behind', () => {
  const buffer = open();
  buffer.take(logs(1));
  buffer.connect();
  buffer.take([...logs(1, 2), READY]);
  expect(shown(buffer)).toEqual(['m2', 'm1']);
});

test.each([
  ['{"type":"missed","count":1200}', 1200, '1,200 events were skipped here'],
  ['{"type":"missed","count":1}', 1, '1 event was skipped here'],
  ['{"type":"missed","count":7,"at_most":true}', 7, 'At most 7 events are missing here'],
  ['{"type":"missed","count":null}', 0, 'nobody knows how many'],
])('%s is said between the rows', (text, missedCount, words) => {
  const buffer = open();
  buffer.take([READY, ...logs(1), text, ...logs(2)]);
  expect(shown(buffer)[1]).toContain(words);
  expect(buffer.snapshot().missedCount).toBe(missedCount);
  expect(buffer.newest?.message).toBe('m2');
});
