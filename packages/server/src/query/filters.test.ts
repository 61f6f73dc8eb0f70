import { expect, test } from 'vitest';
import { compileFilters, compileRange, parseNamedComparison } from './filters.ts';
import { TIME_MAX_NS } from './time.ts';

test.each([
  ['attr.status', '500', 'attr.status', '=', '500'],
  ['attr.latency_ms>', '100', 'attr.latency_ms', '>=', '100'],
  ['attr.latency_ms<', '100', 'attr.latency_ms', '<=', '100'],
  ['attr.status!', '500', 'attr.status', '!=', '500'],
  ['attr.latency_ms>100', null, 'attr.latency_ms', '>', '100'],
  ['attr.latency_ms<1.5', null, 'attr.latency_ms', '<', '1.5'],
  ['attr.latency_ms>=100', null, 'attr.latency_ms', '>=', '100'],
  ['attr.status!=500', null, 'attr.status', '!=', '500'],
  ['attr.latency_ms<5', '', 'attr.latency_ms', '<', '5'],
  ['attr.a=b', 'c', 'attr.a=b', '=', 'c'],
  ['attr.a', '', 'attr.a', '=', ''],
  ['attr.a b\n', 'x=y', 'attr.a b\n', '=', 'x=y'],
  ['label.app', 'shop', 'label.app', '=', 'shop'],
  ['duration_ms>', '5', 'duration_ms', '>=', '5'],
  ['duration_ms<5', null, 'duration_ms', '<', '5'],
  ['cost', '0', 'cost', '=', '0'],
])('%j with value %j compares %j %s %j', (key, value, name, comparison, text) => {
  expect(parseNamedComparison(key, value)).toEqual({ name, comparison, value: text });
});

test.each(['service', 'attr.', 'attr', 'costs', 'cost_center', 'duration_ms.x', 'label.'])(
  '%j compares nothing',
  (key) => {
    expect(parseNamedComparison(key, '1')).toBeNull();
  },
);

test('a name without a comparison is refused', () => {
  expect(() => parseNamedComparison('attr.x', null)).toThrow(
    expect.objectContaining({ code: 'invalid_parameter', field: 'attr.x' }),
  );
});

test('no filters are no condition', () => {
  expect(compileFilters({})).toBeNull();
  expect(compileFilters({ q: ' ', service: [] })).toBeNull();
});

test('repeated parameters are alternatives, different ones must all hold', () => {
  expect(
    compileFilters({
      service: ['a', 'b'],
      severity: ['error', 'critical'],
      min_severity: 'warn',
      q: 'x',
      comparisons: [
        { name: 'attr.status', comparison: '=', value: '500' },
        { name: 'attr.ms', comparison: '>=', value: '1' },
        { name: 'attr.status', comparison: '=', value: '503' },
        { name: 'attr.ms', comparison: '<', value: '5' },
      ],
    }),
  ).toEqual({
    kind: 'and',
    conditions: [
      { kind: 'field', column: 'service', values: ['a', 'b'] },
      {
        kind: 'severity',
        ranges: [
          [17, 20],
          [21, 24],
        ],
      },
      { kind: 'severity', ranges: [[13, 24]] },
      { kind: 'attribute', name: 'ms', comparison: '>=', value: '1' },
      { kind: 'attribute', name: 'ms', comparison: '<', value: '5' },
      {
        kind: 'or',
        conditions: [
          { kind: 'attribute', name: 'status', comparison: '=', value: '500' },
          { kind: 'attribute', name: 'status', comparison: '=', value: '503' },
        ],
      },
      { kind: 'words', words: ['x'] },
    ],
  });
});

test.each([
  [{ severity: ['loud'] }, 'severity'],
  [{ min_severity: '25' }, 'min_severity'],
  [{ comparisons: [{ name: 'attr.x', comparison: '>', value: 'a' }] }, 'attr.x'],
  [{ comparisons: [{ name: 'duration_ms', comparison: '=', value: '' }] }, 'duration_ms'],
  [{ comparisons: [{ name: 'label.x', comparison: '>=', value: '1' }] }, 'label.x'],
] as const)('%j is refused by the name of its parameter', (filters, field) => {
  expect(() => compileFilters(filters)).toThrow(expect.objectContaining({ code: 'invalid_parameter', field }));
});

test('the range is the last 24 hours without an end, if nothing is said', () => {
  expect(compileRange({}, 86_400_000)).toEqual({ fromNs: 0n, toNs: TIME_MAX_NS });
});

test.each([
  [{ from: 'x' }, 'from'],
  [{ to: 'x' }, 'to'],
  [{ from: 'now', to: '-1h' }, 'from'],
  [{ from: 'now', to: 'now' }, 'from'],
])('%j is no range', (range, field) => {
  expect(() => compileRange(range, 1e12)).toThrow(expect.objectContaining({ code: 'invalid_parameter', field }));
});
