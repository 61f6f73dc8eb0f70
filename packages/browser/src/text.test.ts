import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { addToLine, exceptionOf, withoutQueries, writeLine } from './text.ts';
import type { EmitEvent } from './types.ts';

test.each([
  ['https://a.example/x?token=1', 'https://a.example/x'],
  ['https://a.example/x#part', 'https://a.example/x'],
  ['at f (https://a.example/app.js?v=1:10:5)', 'at f (https://a.example/app.js:10:5)'],
  [
    'f@https://a.example/app.js?v=1#x:10:5\ng@https://a.example/b.js:1:2',
    'f@https://a.example/app.js:10:5\ng@https://a.example/b.js:1:2',
  ],
  ['GET https://a.example/?q=anna failed, is it up?', 'GET https://a.example/ failed, is it up?'],
  ['what? no address: #1', 'what? no address: #1'],
  ['', ''],
])('%s without queries', (text, expected) => {
  expect(withoutQueries(text)).toBe(expected);
});

test('long texts are cut before they are searched', () => {
  expect(withoutQueries('://?'.repeat(100_000)).length).toBeLessThanOrEqual(8_192);
});

test.each([
  [new TypeError('no'), { type: 'TypeError', message: 'no', stacktrace: expect.stringContaining('text.test.ts') }],
  ['thrown text', { message: 'thrown text' }],
  [undefined, { message: 'undefined' }],
  [42, { message: '42' }],
])('what %s says of itself', (thrown, expected) => {
  expect(exceptionOf(thrown)).toEqual(expected);
});

const write = (event: EmitEvent, more = {}) => JSON.parse(writeLine(event, 'shop', 'p-1', { page_id: 'p', ...more }));

test('every member of an event has its name', () => {
  const event: Required<EmitEvent> = {
    logType: 'billing',
    eventType: 'payment_failed',
    severity: 'warn',
    message: 'größe',
    userId: 'u1',
    resourceId: 'o1',
    resourceType: 'order',
    action: 'pay',
    traceId: 't'.repeat(32),
    spanId: 's'.repeat(16),
    requestId: 'r1',
    durationMs: 1.5,
    cost: 0.25,
    metadata: { attempt: 2, nested: { a: [1] } },
    logger: 'checkout',
    timestamp: new Date(0),
  };
  expect(write(event)).toEqual({
    timestamp: '1970-01-01T00:00:00.000Z',
    severity: 'warn',
    service: 'shop',
    log_type: 'billing',
    event_type: 'payment_failed',
    message: 'größe',
    logger: 'checkout',
    user_id: 'u1',
    resource_id: 'o1',
    resource_type: 'order',
    action: 'pay',
    trace_id: 't'.repeat(32),
    span_id: 's'.repeat(16),
    request_id: 'r1',
    duration_ms: 1.5,
    cost: 0.25,
    event_id: 'p-1',
    metadata: { attempt: 2, nested: { a: [1] }, page_id: 'p' },
  });
});

test('what cannot be written is left out, and its neighbours are not', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const metadata = {
    circle,
    big: 10n,
    run: () => 1,
    get broken(): string {
      throw new Error('no');
    },
    error: new RangeError('far'),
    good: 1,
  };
  expect(write({ metadata }).metadata).toEqual({
    error: { type: 'RangeError', message: 'far', stacktrace: expect.any(String) },
    good: 1,
    page_id: 'p',
  });
});

test.each([undefined, Number.NaN, new Date(Number.NaN)])('time %s is now', (timestamp) => {
  expect(Date.parse(write({ timestamp }).timestamp)).toBeGreaterThan(Date.parse('2026-01-01'));
});

test('messages are cut; an event that is no request of its own loses its metadata', () => {
  expect(write({ message: 'x'.repeat(10_000) }).message).toHaveLength(8_192);
  expect(write({ metadata: { text: '\u20ac'.repeat(30_000) } }).metadata).toEqual({ truncated: true, page_id: 'p' });
});

test('a line takes one more attribute', () => {
  const line = addToLine(writeLine({}, 'shop', 'p-1', { page_id: 'p' }), 'session_id', 'a"b');
  expect(JSON.parse(line).metadata).toEqual({ page_id: 'p', session_id: 'a"b' });
});

test('events have the same members as those of the Node SDK', () => {
  const membersIn = (path: string) => {
    const text = readFileSync(new URL(path, import.meta.url), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    return /interface EmitEvent \{([^}]*)\}/
      .exec(text)![1]!
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
  };
  expect(membersIn('./types.ts')).toEqual(membersIn('../../sdk/src/types.ts'));
});
