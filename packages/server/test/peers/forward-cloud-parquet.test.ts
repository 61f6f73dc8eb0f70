import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '@tailwater/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { objectFields } from '../../src/destinations/util/objects/config.ts';
import { encodeForObject, objectsOf, type StoredObject } from '../../src/destinations/util/objects/objects.ts';
import { openHttp } from '../../src/stores/clickhouse/http.ts';
import { type EmbeddedUnderTest, openEmbedded } from '../store/clickhouse-under-test.ts';
import { sampleEvent } from '../support/destination-events.ts';
import { pythonWith } from '../support/program.ts';
import { tempDir } from '../support/server.ts';

/** More than one row group. */
const COUNT = 12_000;
/** 2026-11-21T10:00:00.123456789Z */
const TIME_NS = 1_795_255_200_123_456_789n;
/** What statistics of columns, lengths and encodings trip over. */
const ODD = ['', 'größe 😀', 'a\0b', 'x'.repeat(300_000), '"q"\\\n\t', '\u{10ffff}', '\ufeffmark', 'ÿ'.repeat(17)];

const config = z.strictObject(objectFields).parse({ format: 'parquet', partition_by: 'arrival' });
const events = Array.from({ length: COUNT }, (_, i) =>
  sampleEvent(i, {
    timestampNs: i === 5 ? -1n : TIME_NS + BigInt(i),
    receivedAtMs: 1_795_255_201_000,
    message: i % 700 === 0 ? ODD[(i / 700) % ODD.length]! : `event ${i}`,
    durationMs: i % 3 === 0 ? null : i / 7,
    cost: i % 2 === 0 ? null : -i / 1000,
  }),
);

/** As the columns say it, times in whole numbers. */
function rowOf(event: Event) {
  const { timestampNs, receivedAtMs } = event;
  return {
    ...{ event_id: event.eventId, message: event.message, severity: event.severity, user_id: event.userId },
    timestamp: String(timestampNs < 0n ? -1n : timestampNs / 1000n),
    timestamp_ns: String(timestampNs),
    received_at: String(receivedAtMs * 1000),
    ...{ severity_number: event.severityNumber, duration_ms: event.durationMs, cost: event.cost },
  };
}

async function fileOf(some: readonly Event[]): Promise<StoredObject> {
  const encoded = some.map((event) => ({
    ...{ eventId: event.eventId, timestampNs: event.timestampNs },
    bytes: encodeForObject(event, config),
  }));
  const objects: StoredObject[] = [];
  for await (const object of objectsOf({ id: 'batch', orgId: 'acme', events: encoded }, config)) objects.push(object);
  expect(objects).toHaveLength(1);
  return objects[0]!;
}

let file: StoredObject;
beforeAll(async () => {
  file = await fileOf(events);
});

test('the same batch is the same file', async () => {
  expect(file.key).toMatch(/^acme\/2026\/11\/21\/10\/[0-9a-f]{22}-[0-9a-f]{16}\.parquet$/);
  expect((await fileOf(events)).body.equals(file.body)).toBe(true);
});

describe('ClickHouse', () => {
  let under: EmbeddedUnderTest;
  beforeAll(async () => {
    under = await openEmbedded();
    await under.store.command(
      `CREATE TABLE tailwater.parquet (event_id String, message String, severity String, user_id String, metadata String,
        timestamp DateTime64(6, 'UTC'), timestamp_ns Int64, received_at DateTime64(6, 'UTC'), severity_number Int32,
        duration_ms Nullable(Float64), cost Nullable(Float64)) ENGINE = MergeTree ORDER BY event_id`,
    );
    const http = openHttp(under.engine);
    const search = { query: 'INSERT INTO tailwater.parquet FORMAT Parquet' };
    const response = await http.send({ operation: 'insert', search, body: [file.body], idleTimeoutMs: 30_000 });
    await response.resume().toArray();
    http.close();
  });
  afterAll(() => under.close());

  test('reads every value as it was', async () => {
    const rows = await under.rows<Record<string, unknown>>(
      `SELECT * EXCEPT metadata REPLACE (toString(toUnixTimestamp64Micro(timestamp)) AS timestamp,
        toString(toUnixTimestamp64Micro(received_at)) AS received_at, toString(timestamp_ns) AS timestamp_ns)
        FROM tailwater.parquet ORDER BY event_id`,
    );
    expect(rows).toEqual(events.map(rowOf));
  });

  test('numbers of attributes keep their digits', async () => {
    const [row] = await under.rows<{ metadata: string }>('SELECT DISTINCT metadata FROM tailwater.parquet');
    expect(row!.metadata).toContain('"price":1.50,"big":123456789012345678901234567890,');
  });
});

const python = pythonWith('pyarrow');
const PROGRAM = `
import json, sys, pyarrow as pa, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
whole = lambda name: [str(v) for v in table.column(name).cast(pa.int64()).to_pylist()]
columns = {n: whole(n) if n in ('timestamp', 'timestamp_ns', 'received_at') else table.column(n).to_pylist() for n in sys.argv[2].split(',')}
print(json.dumps({'schema': [str(f) for f in table.schema], 'columns': columns}))
`;

test.skipIf(python.isMissing)(`pyarrow reads every value as it was${python.why}`, () => {
  const path = join(tempDir(), 'events.parquet');
  writeFileSync(path, file.body);
  const rows = events.map(rowOf);
  const names = Object.keys(rows[0]!);
  const output = execFileSync(python.path, ['-c', PROGRAM, path, names.join(',')], { maxBuffer: 1 << 28 });
  const { schema, columns } = JSON.parse(output.toString()) as { schema: string[]; columns: Record<string, unknown[]> };
  for (const name of names) expect(columns[name], name).toEqual(rows.map((row) => row[name as keyof typeof row]));
  expect(schema).toContain('pyarrow.Field<timestamp: timestamp[us, tz=UTC] not null>');
});
