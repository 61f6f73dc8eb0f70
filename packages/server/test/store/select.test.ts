import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { all } from '../contracts/store.contract.ts';
import { type EmbeddedUnderTest, openEmbedded } from './clickhouse-under-test.ts';

let under: EmbeddedUnderTest;
beforeAll(async () => {
  under = await openEmbedded();
});
afterAll(async () => {
  await under.close();
});

test('64-bit integers, NaN and infinities come as text, other numbers as numbers', async () => {
  const sql =
    'SELECT toUInt64(18446744073709551615) AS big, toUInt32(7) AS small, nan AS no, inf AS endless, 1.5 AS half, NULL AS nothing';
  expect(await under.rows(sql)).toEqual([
    { big: '18446744073709551615', small: 7, no: 'nan', endless: 'inf', half: 1.5, nothing: null },
  ]);
});

test('any text goes through a parameter and comes back as it was', async () => {
  const text = fc.string({ unit: fc.constantFrom(...'aé日😀\\\'"`\t\n\r\0\b{}[],%&=+ /;'.split(''), '😀') });
  const sql = 'SELECT {one:String} AS one, {many:Array(String)} AS many';
  await fc.assert(
    fc.asyncProperty(text, fc.array(text, { maxLength: 4 }), async (one, many) => {
      const wellFormed = { one: one.toWellFormed(), many: many.map((part) => part.toWellFormed()) };
      expect(await all(under.store, { sql, params: wellFormed })).toEqual([wellFormed]);
    }),
    { numRuns: 60 },
  );
});

test('numbers, booleans and arrays of numbers go through parameters', async () => {
  const params = { float: 0.1, int: -3, yes: true, list: [1, 2.5] };
  const sql = 'SELECT {float:Float64} AS float, {int:Int64} AS int, {yes:Bool} AS yes, {list:Array(Float64)} AS list';
  expect(await all(under.store, { sql, params })).toEqual([{ ...params, int: '-3' }]);
});

test('a large result comes in chunks, every row once and in order', async () => {
  let next = 0;
  let chunks = 0;
  const sql = "SELECT toUInt32(number) AS n, repeat('x', 50) AS x FROM numbers(200000)";
  for await (const rows of under.store.select<{ n: number }>({ sql, params: {} }, {})) {
    chunks += 1;
    for (const { n } of rows) if (n !== next++) throw new Error(`row ${n} where ${next - 1} was due`);
  }
  expect(next).toBe(200_000);
  expect(chunks).toBeGreaterThan(10);
});

test('an error after the first rows is thrown as what it is, after the rows', async () => {
  const sql =
    'SELECT throwIf(number = 500000) AS a, number FROM numbers(1000000) SETTINGS max_block_size = 1000, max_threads = 1';
  let rows = 0;
  const read = async () => {
    for await (const chunk of under.store.select({ sql, params: {} }, {})) rows += chunk.length;
  };
  await expect(read()).rejects.toMatchObject({ name: 'RetryableError', message: expect.stringContaining('THROW_IF') });
  expect(rows).toBeGreaterThan(0);
});

test('a timeout after the first rows is a query_timeout', async () => {
  const query = under.slowQuery('late-timeout');
  await expect(all(under.store, query, 400)).rejects.toMatchObject({ code: 'query_timeout' });
});

test('a result of no rows yields nothing', async () => {
  expect(await under.rows('SELECT 1 AS a WHERE 0')).toEqual([]);
});

test('an iteration whose signal was aborted before asks nothing', async () => {
  const signal = AbortSignal.abort(new Error('not wanted'));
  const iteration = under.store.select({ sql: 'SELECT 1', params: {} }, { signal });
  await expect(iteration[Symbol.asyncIterator]().next()).rejects.toThrow('not wanted');
});
