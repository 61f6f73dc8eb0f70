import { parseQuery } from '@tailwater/schema/logql';
import { expect, it } from 'vitest';
import { narrowLogql, searchAsLogql } from './from-search.ts';

const CASES: readonly (readonly [search: string, logql: string])[] = [
  ['', '{service_name=~".+"}'],
  ['service:gateway', '{service_name="gateway"}'],
  ['-service:gateway', '{service_name=~".+"} | service_name!="gateway"'],
  ['timeout "a.b c" -health', '{service_name=~".+"} |~ `(?i)\\btimeout\\b` |~ `(?i)a\\.b c` !~ `(?i)\\bhealth\\b`'],
  ['severity:>=warn', '{service_name=~".+"} | severity=~"warn|error|critical"'],
  ['-severity:debug', '{service_name=~".+"} | severity!="debug"'],
  ['duration_ms:>=100 -cost:<1', '{service_name=~".+"} | duration_ms >= 100 | cost >= 1'],
  ['attr.http.path:"/a \\"b\\""', '{service_name=~".+"} | http_path="/a \\"b\\""'],
  ['label.app:shop user_id:*', '{service_name=~".+"} | app="shop" | user_id!=""'],
];

it.each(CASES)('says %s as LogQL that parses', (search, logql) => {
  expect(searchAsLogql(search)).toBe(logql);
  expect(parseQuery(searchAsLogql(search)).kind).toBe('log');
});

it('narrows a log query by a term, once', () => {
  const all = '{service_name=~".+"}';
  const narrowed = narrowLogql(all, 'host:"a b"');
  expect(narrowed).toBe(`${all} | host="a b"`);
  expect(narrowLogql(narrowed, 'host:"a b"')).toBe(narrowed);
  expect(narrowLogql(narrowed, '-host:"a b"')).toBe(`${all} | host!="a b"`);
});
