import { expect, test } from 'vitest';
import { gapsOf, lanesOf, layoutTrace, nextError, type TraceEvent, timeNs } from './trace-layout.ts';

const BASE = Date.parse('2026-11-21T10:00:00Z');
const event = (ms: number, more: Partial<TraceEvent> = {}): TraceEvent => ({
  ...{ event_id: `e${ms}`, log_type: 'app', event_type: '', severity: 'info', severity_number: 9, message: 'm' },
  ...{ service: 'a', host: '', logger: '', user_id: '', resource_id: '', resource_type: '', action: '' },
  ...{ trace_id: 't', span_id: '', request_id: '', duration_ms: null, cost: null, metadata: {}, labels: {} },
  ...{ receiver: 'ndjson', client_event_id: '', org_id: 'default', received_at: '' },
  timestamp: new Date(BASE + ms).toISOString(),
  ...more,
});

test('times keep their nanoseconds', () => {
  expect(timeNs('1970-01-01T00:00:01.000000002Z')).toBe(1_000_000_002n);
  expect(timeNs('1970-01-01T00:00:01Z')).toBe(1_000_000_000n);
});

test('an event that took time ends when it was emitted, and may begin the trace', () => {
  const layout = layoutTrace([event(0), event(100, { duration_ms: 150 }), event(200)]);
  expect(layout.places).toEqual([
    { startMs: 50, endMs: 50 },
    { startMs: 0, endMs: 150 },
    { startMs: 250, endMs: 250 },
  ]);
  expect(layout.spanMs).toBe(250);
  expect(layout.startNs).toBe(BigInt(BASE - 50) * 1_000_000n);
});

test('lanes are in the order of their starts, spans stay with their service', () => {
  const events = [
    event(0, { service: 'b', span_id: '1' }),
    event(10, { service: 'a', span_id: '2', severity: 'error' }),
    event(20, { service: 'b', span_id: '3' }),
    event(30, { service: 'b', span_id: '1' }),
  ];
  const layout = layoutTrace(events);
  const lanes = lanesOf(events, layout, 'span');
  expect(lanes.map(({ service, spanId, events: own, isFirst }) => [service, spanId, own, isFirst])).toEqual([
    ['b', '1', [0, 3], true],
    ['b', '3', [2], false],
    ['a', '2', [1], true],
  ]);
  expect(lanes[2]!.errors).toBe(1);
  expect(lanesOf(events, layout, 'service').map(({ events: own }) => own)).toEqual([[0, 2, 3], [1]]);
});

test('a gap is a fifth of the whole without an event, and none where one was under way', () => {
  const silent = layoutTrace([event(0), event(10), event(100)]);
  expect(gapsOf(silent)).toEqual([{ fromMs: 10, toMs: 100 }]);
  const busy = layoutTrace([event(0), event(10), event(100, { duration_ms: 85 })]);
  expect(gapsOf(busy)).toEqual([]);
  expect(gapsOf(layoutTrace([event(0)]))).toEqual([]);
});

test('errors are found in both directions, round the ends', () => {
  const events = [event(0, { severity: 'error' }), event(1), event(2, { severity: 'critical' }), event(3)];
  expect(nextError(events, -1, 1)).toBe(0);
  expect(nextError(events, 0, 1)).toBe(2);
  expect(nextError(events, 3, 1)).toBe(0);
  expect(nextError(events, 0, -1)).toBe(2);
  expect(nextError([event(0)], 0, 1)).toBeNull();
});
