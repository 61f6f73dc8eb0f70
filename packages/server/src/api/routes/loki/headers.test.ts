import { expect, test } from 'vitest';
import { askedEncoding, checkOneOrg } from './headers.ts';

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ['', false],
  ['categorize-labels', true],
  ['other, categorize-labels', true],
  ['categorize', false],
])('encoding flags %s: %s', (flags, categorizeLabels) => {
  expect(askedEncoding({ 'x-loki-response-encoding-flags': flags }).categorizeLabels).toBe(categorizeLabels);
});

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ['Source=grafana-lokiexplore-app', true],
  ['a=b,source=Grafana-LokiExplore-App,c=d', true],
  ['Source=logvolhist', false],
  ['grafana-lokiexplore-app', false],
  ['Source=grafana-lokiexplore-app=x', false],
  ['Source=grafana-lokiexplore-app;', false],
])('query tags %s ask for partial series: %s', (tags, partialSeries) => {
  expect(askedEncoding({ 'x-query-tags': tags }).partialSeries).toBe(partialSeries);
});

test('queries are of one org', () => {
  expect(() => checkOneOrg({ 'x-scope-orgid': 'a|b' })).toThrow('multiple org IDs present');
  expect(() => checkOneOrg({ 'x-scope-orgid': 'a' })).not.toThrow();
  expect(() => checkOneOrg({})).not.toThrow();
});
