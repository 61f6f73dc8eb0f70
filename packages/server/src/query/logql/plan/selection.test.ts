import { expect, test } from 'vitest';
import { paramSearch } from '../../../stores/clickhouse/params.ts';
import { SqlParams } from '../../sql.ts';
import { type SelectedStream, streamsCondition } from './selection.ts';
import type { StreamRow } from './universe.ts';

/** ClickHouse's http_max_field_value_size and http_max_uri_size, both in bytes of URL. */
const FIELD_BYTES_MAX = 131_072;
const URL_BYTES_MAX = 1_048_576;

const streams = (count: number, pod: string): Pick<SelectedStream, 'row'>[] =>
  Array.from({ length: count }, (_, i) => {
    const hash = String(2n ** 64n - 1n - BigInt(i));
    return { row: { labels: JSON.stringify({ pod: `${pod}${i}` }), service: 'shop', events: 1, bytes: 1, hash } };
  });

const OTHER: StreamRow = { labels: '{"pod":"other"}', service: 'shop', events: 1, bytes: 1, hash: '1' };

test.each([
  ['few', 3, 'pod-', 1],
  ['as many labels as are sent as they are', 2_000, 'pod-pod-pod-', 1],
  ['more', 4_000, 'pod-', 1],
  ['as many as are sent', 12_000, 'pod-', 3],
  ['long ones outside ASCII', 400, '\u{4e2d}'.repeat(50), 1],
  ['backslashes', 400, '\\'.repeat(40), 1],
])('a condition for streams can be sent: %s', (_, count, pod, paramCount) => {
  const selected = streams(count, pod);
  const params = new SqlParams();
  const condition = streamsCondition(selected, [...selected.map(({ row }) => row), OTHER], params);
  expect(condition?.match(/\{p\d+:/g)).toHaveLength(paramCount);
  const search = paramSearch(params.values);
  for (const p of Object.values(search))
    expect(new URLSearchParams({ p }).toString().length).toBeLessThan(FIELD_BYTES_MAX);
  expect(new URLSearchParams(search).toString().length).toBeLessThan(URL_BYTES_MAX);
});

test('a condition for more streams is none', () => {
  const selected = streams(12_001, 'pod-');
  expect(streamsCondition(selected, [...selected.map(({ row }) => row), OTHER], new SqlParams())).toBeNull();
});

test('a query names streams as often as it can be sent', () => {
  const selected = streams(10_000, 'pod-');
  const params = new SqlParams();
  const names = () => streamsCondition(selected, [...selected.map(({ row }) => row), OTHER], params) !== null;
  expect([names(), names(), names()]).toEqual([true, true, false]);
  expect(new URLSearchParams(paramSearch(params.values)).toString().length).toBeLessThan(URL_BYTES_MAX);
});
