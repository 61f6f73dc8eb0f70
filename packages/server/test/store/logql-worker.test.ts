import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeNative } from '../../src/batch/native-encode.ts';
import type { RangeQueryTask } from '../../src/query/logql/tasks.ts';
import { LogqlClient } from '../../src/query/logql/worker/client.ts';
import { PermanentError, RetryableError } from '../../src/runtime/errors.ts';
import { blockOf } from '../app/api-fixture.ts';
import { removeTempDirs } from '../support/server.ts';
import { type EmbeddedUnderTest, openEmbedded, waitFor } from './clickhouse-under-test.ts';

const ROWS = 20_000;
const BLOCKS = 6;
const START_NS = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
const faults: Error[] = [];
let under: EmbeddedUnderTest;
let client: LogqlClient;

beforeAll(async () => {
  under = await openEmbedded();
  for (let frame = 1; frame <= BLOCKS; frame++) {
    const events = Array.from({ length: ROWS }, (_, i) => ({
      timestampNs: START_NS + BigInt(frame * ROWS + i) * 1_000_000n,
      message: `{"user":"${i % 100}","path":"/a/b/${i}","took":"${i % 900}ms"}`,
      service: 'api',
    }));
    const { parts } = encodeNative(blockOf('acme', events, { node: 0, frame }), { position: true });
    await under.store.insert(parts, ROWS, `0:${frame}-${frame}`);
  }
  client = new LogqlClient({ threads: 1, onFault: (error) => faults.push(error) });
  client.connect(connection());
});
const connection = () => {
  const { url, user, password } = under.engine;
  return { url, user, password };
};
afterAll(async () => {
  await client?.close();
  await under?.close();
  removeTempDirs();
});

const settings = {
  eventFields: true,
  discoverServiceName: true,
  alignMetricQueries: true,
  entriesMax: 5000,
  seriesMax: 500,
  queryLengthMaxMs: 0,
  queryTimeoutMs: 60_000,
  tailsMax: 10,
  volumeSeriesMax: 1000,
};
const task = (query: string, change: Partial<typeof settings> = {}): RangeQueryTask => ({
  kind: 'query-range',
  orgId: 'acme',
  settings: { ...settings, ...change },
  startNs: START_NS,
  endNs: START_NS + 3_600_000_000_000n,
  query,
  limit: 100,
  direction: 'backward',
  categorizeLabels: false,
  partialSeries: false,
  pushDown: false,
  stepMs: 1000,
  intervalMs: 0,
});
/** Takes about a second here: every row goes through the pipeline. */
const SLOW =
  'sum by (user) (rate({service_name="api"} | json | line_format "{{.path | upper | repeat 20}}" |= "B/7" [1m]))';
const run = (each: RangeQueryTask, signal = new AbortController().signal) => client.run(each, signal);
const caught = (promise: Promise<unknown>) => promise.then(String, (error: unknown) => error);
const running = async () => {
  const sql =
    "SELECT count() AS n FROM system.processes WHERE query LIKE '%tailwater.events%' AND query NOT LIKE '%processes%'";
  return Number((await under.rows<{ n: string }>(sql))[0]?.n);
};

test('a query that nobody waits for any more is ended, in the store too, and others go on', async () => {
  const gone = new AbortController();
  const answer = caught(run(task(SLOW), gone.signal));
  await waitFor(async () => (await running()) > 0);
  gone.abort();
  expect(await answer).toBe(gone.signal.reason);
  await waitFor(async () => (await running()) === 0);
  const other = JSON.parse(Buffer.from(await run(task('{service_name="api"} |= "/b/19999"'))).toString()) as {
    data: { result: { values: unknown[] }[] };
  };
  expect(other.data.result.flatMap(({ values }) => values)).toHaveLength(BLOCKS);
});

test('a query over its time is told so, and ended', async () => {
  const error = await caught(run(task(SLOW, { queryTimeoutMs: 50 })));
  expect(error).toBeInstanceOf(RetryableError);
  expect(error).toMatchObject({ code: 'query_timeout' });
  await waitFor(async () => (await running()) === 0);
});

test('a query at fault is refused in its own words', async () => {
  const error = await caught(run(task('{service_name="api"} |~ "("')));
  expect(error).toBeInstanceOf(PermanentError);
  expect(error).toMatchObject({ code: 'invalid_query', message: expect.stringContaining('missing closing )') });
});

test('more queries than may run are refused at once, and those that run are answered', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => caught(run(task('vector(1)')))));
  const refused = answers.filter((answer) => answer instanceof RetryableError);
  expect(refused.length).toBe(8);
  expect(refused[0]).toMatchObject({ code: 'rate_limited' });
  expect(answers.filter((answer) => typeof answer === 'string')).toHaveLength(32);
});

test('regular expressions made to hang a backtracking engine are answered', async () => {
  // Nested quantifiers over a long text: polynomial for an engine that backtracks, linear for this one.
  const hostile = `{service_name="api"} |~ "(a+)+$" |~ "^(([a-z])+.)+[A-Z]([a-z])+$"`;
  const answer = await run(task(hostile));
  expect(Buffer.from(answer).toString()).toContain('"result":[]');
  expect(faults).toEqual([]);
});

test('nothing runs once the client is closed', async () => {
  const other = new LogqlClient({ threads: 1, onFault: (error) => faults.push(error) });
  other.connect(connection());
  const answer = caught(other.run(task(SLOW), new AbortController().signal));
  await waitFor(async () => (await running()) > 0);
  await other.close();
  expect(await answer).toMatchObject({ code: 'shutting_down' });
  await expect(other.run(task(SLOW), new AbortController().signal)).rejects.toMatchObject({ code: 'shutting_down' });
  await waitFor(async () => (await running()) === 0);
});
