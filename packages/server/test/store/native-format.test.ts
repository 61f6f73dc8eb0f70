import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHttp } from '../../src/stores/clickhouse/http.ts';
import { type EmbeddedUnderTest, openEmbedded } from './clickhouse-under-test.ts';

/**
 * What ClickHouse's Native format wants of the columns that are not plain, shown on the engine itself.
 *
 * A block: varint columns, varint rows, then for each column its name, its type (both varint length + bytes), its state
 * prefix where the type has one, and its values. Blocks follow each other in one body; a block of no rows has no values.
 *
 * LowCardinality(String): prefix UInt64 1. Values: UInt64 0x600 | index type (0 UInt8, 1 UInt16, 2 UInt32, 3 UInt64),
 * UInt64 count of keys, the keys as String values, UInt64 count of indexes, the indexes. ClickHouse writes '' as key 0,
 * but doesn't ask for it: any keys in any order, unused and repeated ones too.
 * Map(LowCardinality(String), String): prefix UInt64 1 (that of its keys), UInt64 end of each row's pairs, then all
 * keys as a LowCardinality column without prefix, then all values. Where the block has no pair at all, nothing follows
 * the ends: not even an empty dictionary, which would be read as blocks of their own.
 */
const uint64 = (...values: number[]) => Buffer.from(BigUint64Array.from(values, BigInt).buffer);
const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
const dictionary = (keys: string[], indexes: number[]) =>
  Buffer.concat([uint64(0x600, keys.length), ...keys.map(text), uint64(indexes.length), Buffer.from(indexes)]);
const block = (rows: number, org: Buffer, map: Buffer) =>
  Buffer.concat([
    Buffer.from([2, rows]),
    ...[text('org'), text('LowCardinality(String)'), uint64(1), org],
    ...[text('attributes'), text('Map(LowCardinality(String), String)'), uint64(1), map],
  ]);

const noPairs = block(2, dictionary(['x', 'y'], [0, 1]), uint64(0, 0));
const pairs = block(
  1,
  dictionary(['z'], [0]),
  Buffer.concat([uint64(2), dictionary(['k', 'l'], [1, 0]), text('v1'), text('v2')]),
);
const unusedKeys = block(2, dictionary(['', 'x', 'x', 'unused'], [1, 2]), uint64(0, 0));

let under: EmbeddedUnderTest;
beforeAll(async () => {
  under = await openEmbedded();
  await under.store.command(
    'CREATE TABLE tailwater.native (org LowCardinality(String), attributes Map(LowCardinality(String), String)) ENGINE = MergeTree ORDER BY org',
  );
});
afterAll(async () => {
  await under.close();
});

async function insert(body: Buffer): Promise<void> {
  const http = openHttp(under.engine);
  const search = { query: 'INSERT INTO tailwater.native FORMAT Native' };
  const response = await http.send({ operation: 'insert', search, body: [body], idleTimeoutMs: 10_000 });
  await response.resume().toArray();
  http.close();
}

const x = { org: 'x', attributes: {} };
const y = { org: 'y', attributes: {} };
const z = { org: 'z', attributes: { l: 'v1', k: 'v2' } };

test.each([
  ['a dictionary without the empty string, maps without a pair', noPairs, [x, y]],
  ['a map with pairs', pairs, [z]],
  ['several blocks in one body', Buffer.concat([noPairs, pairs, noPairs]), [x, x, y, y, z]],
  ['repeated and unused keys', unusedKeys, [x, x]],
  ['a block without columns and rows', Buffer.from([0, 0]), []],
])('Native: %s', async (_, body, expected) => {
  await under.store.command('TRUNCATE TABLE tailwater.native');
  await insert(body);
  expect(await under.rows('SELECT * FROM tailwater.native ORDER BY org')).toEqual(expected);
});
