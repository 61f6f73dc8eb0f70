import { expect, test } from 'vitest';
import type { StoredRow } from './fields.ts';
import { labelNameOf } from './fields.ts';
import { nsText, rowMapper } from './row-mapper.ts';

const row: StoredRow = {
  ts_ns: '1700000000000000001',
  labels: '{"app":"shop","k8s.pod.name":"p1","process.pid":"7"}',
  service: 'shop',
  message: 'hello',
  attributes: { 'http.status': '200', app: 'inner', 'a-b': '1', a_b: '2', user_id: 'hidden' },
  severity_number: 3,
  log_type: 'app',
  event_type: '',
  host: 'h1',
  user_id: 'u1',
  duration_ms: '12.5',
};
const ALL = { eventFields: true, discoverServiceName: true };
const BARE = { eventFields: false, discoverServiceName: false };
const mapped = (change: Partial<StoredRow> = {}, settings = ALL) => {
  const { stream, metadata, ...rest } = rowMapper(settings).map({ ...row, ...change });
  return { stream: Object.fromEntries(stream.sorted), metadata: Object.fromEntries(metadata), ...rest };
};

test('labels without a dot and those that Loki indexes are stream labels, and the service is one', () => {
  expect(mapped().stream).toEqual({ app: 'shop', k8s_pod_name: 'p1', service_name: 'shop' });
  expect(mapped({ service: '' }).stream).toMatchObject({ service_name: 'unknown_service' });
  expect(mapped({ labels: '{"service.name":"s"}' }).stream).toEqual({ service_name: 's' });
  expect(mapped({}, BARE).stream).toEqual({ app: 'shop', k8s_pod_name: 'p1' });
});

test('own fields, attributes and other labels are structured metadata', () => {
  expect(mapped().metadata).toEqual({
    log_type: 'app',
    severity: 'debug',
    detected_level: 'trace',
    host: 'h1',
    user_id: 'u1',
    duration_ms: '12.5',
    http_status: '200',
    app_extracted: 'inner',
    a_b: '1',
    process_pid: '7',
  });
});

test('a name that belongs to an own field is extracted where the event lacks the field', () => {
  expect(mapped({ user_id: '' }).metadata).toMatchObject({ user_id_extracted: 'hidden' });
  expect(mapped({ user_id: '' }).metadata).not.toHaveProperty('user_id');
});

test('an own field that the stream has as a label is left out', () => {
  expect(mapped({ labels: '{"host":"x"}' })).toMatchObject({ stream: { host: 'x' } });
  expect(mapped({ labels: '{"host":"x"}' }).metadata).not.toHaveProperty('host');
});

test('without event fields there is what was sent, and nothing that a label of another name has filled', () => {
  expect(mapped({ attributes: { level: 'warn' } }, BARE).metadata).toEqual({
    level: 'warn',
    process_pid: '7',
    user_id: 'u1',
  });
  const filled = { labels: '{"user":"u1"}', attributes: {} };
  expect(mapped(filled, BARE).metadata).toEqual({});
});

test.each([
  ['status', 'status'],
  ['http.status-code', 'http_status_code'],
  ['a..b', 'a_b'],
  ['a__b', 'a__b'],
  ['9lives', 'key_9lives'],
  ['größe', 'gr_e'],
])('the label of %j is %j', (name, label) => {
  expect(labelNameOf(name)).toBe(label);
});

test.each(['1700000000000000001', '1', '999999', '1000000', '0', '-1', '-1700000000000000001'])('%s ns', (ns) => {
  const { timeMs, timeNs } = rowMapper(ALL).map({ ...row, ts_ns: ns });
  expect(nsText({ timeMs, timeNs })).toBe(ns);
  expect(timeNs).toBeGreaterThanOrEqual(0);
});

test('an attribute is no error of the pipeline', () => {
  expect(mapped({ attributes: { __error__: 'x', __error_details__: 'y' } }, BARE).metadata).toEqual({
    process_pid: '7',
    user_id: 'u1',
  });
});

test('of what is not needed no column is read', () => {
  expect(rowMapper(ALL, { line: false, metadata: new Set() }).columns).toEqual([]);
  expect(rowMapper(ALL, { line: true, metadata: new Set(['severity']) }).columns).toEqual([
    'message',
    'severity_number',
  ]);
  expect(rowMapper(ALL, { line: false, metadata: new Set(['status']) }).columns).toContain('attributes');
});
