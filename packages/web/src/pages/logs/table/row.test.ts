import { expect, test } from 'vitest';
import { ExactNumber } from '../../../lib/exact-json.ts';
import { type ApiEvent, gapRow, neighboursOf, rowOfEvent, rowOfLine } from './row.ts';

const EVENT: ApiEvent = {
  event_id: '000000000000001200003f',
  timestamp: '2026-11-21T10:00:00.123456789Z',
  received_at: '2026-11-21T10:00:00.200Z',
  log_type: 'auth',
  event_type: '',
  severity: 'error',
  severity_number: 17,
  message: 'Login failed',
  service: 'gate',
  host: '',
  logger: '',
  user_id: 'u1',
  resource_id: '',
  resource_type: '',
  action: '',
  trace_id: '',
  span_id: '',
  request_id: '',
  duration_ms: 12.5,
  cost: null,
  metadata: { status: 401, 'http.path': '/login', ok: false, list: [1, { a: 2 }], none: null, service: 'shadow' },
  labels: { app: 'shop' },
  receiver: 'ndjson',
  client_event_id: '',
  org_id: 'default',
};
const row = rowOfEvent(EVENT);

test.each([
  ['service', 'gate'],
  ['attr.service', 'shadow'],
  ['duration_ms', '12.5'],
  ['cost', ''],
  ['attr.http.path', '/login'],
  ['http.path', '/login'],
  ['attr.ok', 'false'],
  ['attr.none', ''],
  ['attr.list', '[\n  1,\n  {\n    "a": 2\n  }\n]'],
  ['label.app', 'shop'],
  ['label.none', ''],
  ['metadata', ''],
  ['nothing', ''],
])('the column %s shows %j', (column, value) => {
  expect(row.valueOf(column)).toBe(value);
});

test('fields come with their terms and types, those without a value are left out', () => {
  const listed = row.fields().map(({ term, value, type }) => `${term}=${value.replaceAll(/\s+/g, '')} ${type}`);
  expect(listed).toEqual([
    'timestamp=2026-11-21T10:00:00.123456789Z time',
    'log_type=auth text',
    'severity=error text',
    'service=gate text',
    'user_id=u1 text',
    'duration_ms=12.5 number',
    'event_id=000000000000001200003f text',
    'received_at=2026-11-21T10:00:00.200Z time',
    'severity_number=17 number',
    'receiver=ndjson text',
    'org_id=default text',
    'attr.status=401 number',
    'attr.http.path=/login text',
    'attr.ok=false boolean',
    'attr.list=[1,{"a":2}] JSON',
    'attr.none=null null',
    'attr.service=shadow text',
    'label.app=shop text',
  ]);
});

test('a number larger than those of JavaScript keeps its digits', () => {
  const large = rowOfEvent({ ...EVENT, metadata: { id: new ExactNumber('12345678901234567890') } });
  expect(large.valueOf('attr.id')).toBe('12345678901234567890');
  expect(large.fields().find(({ name }) => name === 'id')).toMatchObject({ type: 'number' });
});

test.each([
  [{ detected_level: 'warning' }, 'warn'],
  [{ level: 'FATAL' }, 'critical'],
  [{ severity: 'error' }, 'error'],
  [{ level: 'verbose' }, 'info'],
  [{}, 'info'],
])('a line with %o is %s', (labels, severity) => {
  expect(rowOfLine('1', '2026-11-21T10:00:00Z', 'text', labels).severity).toBe(severity);
});

test.each([
  ['service', 'gate'],
  ['attr.http.path', '/login'],
  ['label.app', 'shop'],
  ['attr.none', ''],
])('the column %s of a line shows %j', (column, value) => {
  const line = rowOfLine('1', '', '', { service_name: 'gate', http_path: '/login', app: 'shop' });
  expect(line.valueOf(column)).toBe(value);
});

test('the next event is behind a remark', () => {
  const rows = [row, gapRow('gap 1', '', 'missing'), rowOfEvent({ ...EVENT, event_id: 'b' })];
  expect(neighboursOf(rows, EVENT.event_id)).toMatchObject({ previous: null, next: { id: 'b' } });
  expect(neighboursOf(rows, 'b')).toMatchObject({ row: { id: 'b' }, previous: { id: EVENT.event_id }, next: null });
  expect(neighboursOf(rows, 'gone')).toEqual({ row: null, previous: null, next: null });
});
