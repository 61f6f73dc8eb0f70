import { describe, expect, test } from 'vitest';
import { DEFAULT_LOGQL_SETTINGS } from '../../../../control/logql-settings.ts';
import { parsePrometheusDuration, parseSecondsOrDuration } from './durations.ts';
import {
  checkEntries,
  checkLength,
  fieldsRequest,
  instantRequest,
  rangeRequest,
  seriesSelectors,
  volumeRequest,
} from './requests.ts';

const NOW = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;
const form = (text: string) => new URLSearchParams(text);
const NO_STEP = 'zero or negative query resolution step widths are not accepted. Try a positive integer';
const TOO_FINE =
  'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter';

describe('durations', () => {
  test.each<[string, bigint]>([
    ['0', 0n],
    ['250ms', SECOND / 4n],
    ['5m', 300n * SECOND],
    ['1h30m', 5400n * SECOND],
    ['1y2w3d4h5m6s7ms', 33_019_506_007_000_000n],
    ['0s', 0n],
  ])('%s', (text, ns) => {
    expect(parsePrometheusDuration(text)).toBe(ns);
  });

  test.each([
    ['', 'empty duration string'],
    ['5', 'not a valid duration string: "5"'],
    ['-5m', 'not a valid duration string: "-5m"'],
    ['1.5h', 'unknown unit "." in duration "1.5h"'],
    ['1m1h', 'not a valid duration string: "1m1h"'],
    ['1m1m', 'not a valid duration string: "1m1m"'],
    ['1us', 'unknown unit "us" in duration "1us"'],
    ['99999999999999999999999s', 'not a valid duration string: "99999999999999999999999s"'],
    ['300y', 'duration out of range'],
  ])('%s is none: %s', (text, error) => {
    expect(parsePrometheusDuration(text)).toEqual({ error });
  });

  test.each<[string, bigint]>([
    ['15', 15n * SECOND],
    ['0.5', SECOND / 2n],
    ['-1', -SECOND],
    ['1e1', 10n * SECOND],
    ['1m', 60n * SECOND],
  ])('seconds or duration: %s', (text, ns) => {
    expect(parseSecondsOrDuration(text, 'step')).toBe(ns);
  });
});

describe('a range query', () => {
  const request = (text: string) => rangeRequest(form(text), NOW);

  test('what is left out', () => {
    expect(request('query={a="b"}')).toEqual({
      query: '{a="b"}',
      startNs: NOW - 3600n * SECOND,
      endNs: NOW,
      limit: 100,
      direction: 'backward',
      stepMs: 14_000,
      intervalMs: 0,
    });
  });

  test('what is given, as Grafana and as logcli do', () => {
    expect(request('query=x&start=1&end=11000000000&step=250ms&interval=1&limit=7&direction=FORWARD')).toEqual({
      query: 'x',
      startNs: SECOND,
      endNs: 11n * SECOND,
      limit: 7,
      direction: 'forward',
      stepMs: 250,
      intervalMs: 1000,
    });
  });

  test.each<[string, number]>([
    ['start=1&end=1', 1000],
    ['start=0&end=249', 1000],
    ['start=0&end=500', 2000],
    ['start=0&end=749', 2000],
    ['start=0&end=86400', 345_000],
    ['start=0&end=1&step=0.0005', 1],
    ['start=0&end=1&step=1.5', 1500],
    ['start=0&end=11000&step=1', 1000],
  ])('the step of %s is %i ms', (text, stepMs) => {
    expect(request(text).stepMs).toBe(stepMs);
  });

  test.each([
    ['start=2&end=1', 'end timestamp must not be before or equal to start time'],
    ['limit=0', 'limit must be a positive value'],
    ['limit=-1', 'limit must be a positive value'],
    ['limit=x', 'strconv.Atoi: parsing "x": invalid syntax'],
    ['limit=1.5', 'strconv.Atoi: parsing "1.5": invalid syntax'],
    ['limit=99999999999999999999', 'strconv.Atoi: parsing "99999999999999999999": value out of range'],
    ['limit=4294967296', 'limit value 4294967296 is out of range [0, 4294967295]'],
    ['direction=Sideways', "invalid direction 'Sideways'"],
    ['step=0', NO_STEP],
    ['step=-1', NO_STEP],
    ['step=0s', NO_STEP],
    ['step=NaN', NO_STEP],
    ['step=-5m', 'cannot parse "-5m" to a valid duration'],
    ['step=auto', 'cannot parse "auto" to a valid duration'],
    ['step=1e40', 'cannot parse "1e40" to a valid duration. It overflows int64'],
    ['step=Inf', 'cannot parse "Inf" to a valid duration. It overflows int64'],
    ['start=0&end=11001&step=1', TOO_FINE],
    ['start=0&end=1&step=1e-9', TOO_FINE],
    ['interval=-1', 'interval must be >= 0'],
    // Of two faults the one that Loki finds first.
    ['start=2&end=1&limit=0', 'end timestamp must not be before or equal to start time'],
    ['limit=0&direction=x&step=0', 'limit must be a positive value'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => request(text)).toThrow(expect.objectContaining({ code: 'invalid_parameter', message }));
  });
});

describe('other requests', () => {
  test('an instant query, far ahead as well', () => {
    expect(instantRequest(form('query=vector(1)%2Bvector(1)&time=4000000000&limit=100'), NOW)).toEqual({
      query: 'vector(1)+vector(1)',
      limit: 100,
      timeNs: 4_000_000_000n * SECOND,
      direction: 'backward',
    });
  });

  test.each<[string, boolean, object]>([
    ['', false, { selector: '', limit: 100, targetLabels: [], aggregateBy: 'series', stepMs: null }],
    ['limit=0', false, { limit: 100 }],
    ['limit=5000&targetLabels=a,b&aggregateBy=labels', false, { limit: 5000, targetLabels: ['a', 'b'] }],
    ['start=0&end=500&query={}', true, { selector: '{}', stepMs: 2000 }],
    ['start=0&end=500&step=30', true, { stepMs: 30_000 }],
  ])('volume %s', (text, isRange, expected) => {
    expect(volumeRequest(form(text), NOW, isRange)).toMatchObject(expected);
  });

  test.each<[string, boolean, string]>([
    ['limit=-1', false, 'limit must be a positive value'],
    ['aggregateBy=pods', false, 'invalid aggregation option'],
    ['start=2&end=1', false, 'end timestamp must not be before or equal to start time'],
    ['start=2&end=1&aggregateBy=pods', false, 'invalid aggregation option'],
    ['start=2&end=1&aggregateBy=pods', true, 'end timestamp must not be before or equal to start time'],
    ['step=0', true, NO_STEP],
  ])('volume %s (range: %s) is refused', (text, isRange, message) => {
    expect(() => volumeRequest(form(text), NOW, isRange)).toThrow(message);
  });

  test.each<[string, object]>([
    ['', { lineLimit: 100, limit: 1000 }],
    ['limit=5&field_limit=6&line_limit=7', { lineLimit: 7, limit: 5 }],
    ['field_limit=6', { limit: 6 }],
  ])('fields %s', (text, expected) => {
    expect(fieldsRequest(form(text), NOW)).toMatchObject(expected);
  });

  test.each([
    ['line_limit=0', 'limit must be a positive value'],
    ['line_limit=4294967296', 'line_limit value 4294967296 is out of range [0, 4294967295]'],
    ['field_limit=4294967296', 'limit value 4294967296 is out of range [0, 4294967295]'],
    ['step=0', NO_STEP],
  ])('fields %s is refused', (text, message) => {
    expect(() => fieldsRequest(form(text), NOW)).toThrow(message);
  });

  test.each<[string, string[]]>([
    ['', []],
    ['match={}', []],
    ['match[]={ }', []],
    ['match={b="2"}&match[]={a="1"}&match[]={b="2"}', ['{a="1"}', '{b="2"}']],
  ])('selectors of %s', (text, selectors) => {
    expect(seriesSelectors(form(text))).toEqual(selectors);
  });

  test('`{}` beside another selector has no meaning', () => {
    expect(() => seriesSelectors(form('match={}&match={a="1"}'))).toThrow('0 matchers in group: {}');
  });
});

describe('limits of the org', () => {
  const HOURS_721 = 721n * 3600n * SECOND;

  test.each<[bigint, number, string | null]>([
    [HOURS_721, DEFAULT_LOGQL_SETTINGS.queryLengthMaxMs, null],
    [
      HOURS_721 + 500_000_000n,
      DEFAULT_LOGQL_SETTINGS.queryLengthMaxMs,
      'the query time range exceeds the limit (query length: 721h0m0.5s, limit: 30d1h)',
    ],
    [3600n * SECOND, 60_000, 'the query time range exceeds the limit (query length: 1h0m0s, limit: 1m)'],
    [HOURS_721 * 1000n, 0, null],
  ])('a range of %s ns where %i ms are allowed', (endNs, queryLengthMaxMs, message) => {
    const check = () => checkLength({ startNs: 0n, endNs }, { ...DEFAULT_LOGQL_SETTINGS, queryLengthMaxMs });
    if (message === null) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'invalid_query', message }));
  });

  test.each<[string, number, string | null]>([
    ['{a="b"}', 5000, null],
    ['{a="b"} |= "x"', 5001, '(5001 > 5000)'],
    ['rate({a="b"}[5m])', 5001, null],
    ['{a=', 5000, null],
    ['{a=', 5001, 'parse error at line 1, col 4: '],
  ])('%s with %i entries', (query, limit, message) => {
    const check = () => checkEntries({ query, limit }, DEFAULT_LOGQL_SETTINGS);
    if (message === null) expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });
});
