import { expect, test } from 'vitest';
import { gapRow } from '../table/row.ts';
import { eventTail, lineTail } from './tail-source.ts';

const RANGE = { from: '-15m', to: '' };
const somewhere = gapRow('0000', '', '');

test.each([
  [RANGE, null, '/api/logs/tail?q=status:>=500&from=-15m&backfill=200'],
  [RANGE, somewhere, '/api/logs/tail?q=status:>=500&from=-15m&backfill=1000'],
  [{ from: '2026-11-21T10:00Z', to: '' }, null, '/api/logs/tail?q=status:>=500&backfill=200'],
])('%o after %o asks for %s', (range, newest, path) => {
  expect(decodeURIComponent(eventTail({ q: 'status:>=500', range }).path(newest))).toBe(path);
});

test('an event whose id does not come first is read all the same', () => {
  const [message] = eventTail({ q: '', range: RANGE }).read('{"event":{"message":"m","event_id":"7"},"type":"log"}');
  expect(message).toMatchObject({ kind: 'row', row: { id: '7', message: 'm' } });
});

test('lines of LogQL go on at the time of the newest one', () => {
  const tail = lineTail({ q: '{app="a"}', range: RANGE });
  const messages = tail.read(
    JSON.stringify({
      streams: [
        { stream: { app: 'a' }, values: [['1763719200000000002', 'second']] },
        { stream: { app: 'b' }, values: [['1763719200000000001', 'first']] },
      ],
      dropped_entries: [{ labels: { dropped_events: 'at most 5' }, timestamp: '1' }],
    }),
  );
  expect(messages.map((one) => (one.kind === 'row' ? one.row.message : one.kind))).toEqual([
    'missed',
    'first',
    'second',
    'ready',
  ]);
  const newest = messages[2]!.kind === 'row' ? messages[2]!.row : null;
  expect(newest?.timestamp).toBe('2025-11-21T10:00:00.000000002Z');
  expect(tail.path(newest)).toContain('start=1763719200000000003&');
});
