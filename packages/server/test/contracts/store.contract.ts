import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeNative } from '../../src/batch/native-encode.ts';
import { PermanentError, RetryableError } from '../../src/runtime/errors.ts';
import type { EventStore, SqlQuery } from '../../src/stores/store.ts';
import { blockOf } from '../app/api-fixture.ts';

/** One store of a kind, empty, and what a test must be able to do to it from outside. */
export interface StoreUnderTest {
  store: EventStore;
  /** Ends the server behind the store without warning. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when the server, killed before, answers again. */
  backAgain(): Promise<void>;
  /** A query that runs for minutes and yields rows from the start, findable by the marker. */
  slowQuery(marker: string): SqlQuery;
  isRunning(marker: string): Promise<boolean>;
  /** Events of the org by the statistics that are kept beside the events. */
  statistics(orgId: string): Promise<number>;
  close(): Promise<void>;
}

const ROWS = 500;
const KILLS = 6;
/** Bounds every wait below; what is waited for takes milliseconds. */
const TRIES = 400;
const TRY_MS = 25;

/** A block of events of one frame, spread over two days, with an attribute. */
export function eventBlock(orgId: string, frame: number, rows: number, node = 0): readonly Uint8Array[] {
  const events = Array.from({ length: rows }, (_, i) => ({
    timestampNs: BigInt(Date.UTC(2026, 0, 1 + (i % 2), 12)) * 1_000_000n + BigInt(i),
    message: `event ${i} of frame ${frame}`,
    attributes: { n: { kind: 'number', text: String(i) } as const },
  }));
  return encodeNative(blockOf(orgId, events, { node, frame }), { position: true }).parts;
}

const block = (orgId: string, frame: number) => eventBlock(orgId, frame, ROWS);

export async function all<Row>(store: EventStore, query: SqlQuery, timeoutMs = 30_000): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const chunk of store.select<Row>(query, { timeoutMs })) rows.push(...chunk);
  return rows;
}

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** The rules of EventStore, see src/stores/store.ts. */
export function storeContract(kind: string, make: () => Promise<StoreUnderTest>): void {
  describe(`event store: ${kind}`, () => {
    let under: StoreUnderTest;
    beforeAll(async () => {
      under = await make();
    });
    afterAll(async () => {
      await under.close();
    });

    const events = async (orgId: string) => {
      const sql =
        'SELECT count() AS n, uniqExact(frame, frame_index) AS places FROM tailwater.events WHERE org = {org:String}';
      const [row] = await all<{ n: string; places: string }>(under.store, { sql, params: { org: orgId } });
      return { rows: Number(row?.n), places: Number(row?.places), statistics: await under.statistics(orgId) };
    };
    const crash = async () => {
      await under.kill();
      await under.backAgain();
    };

    test('S1 S2 what was inserted survives a kill, and its token changes nothing before and after', async () => {
      const parts = block('s1', 1);
      await under.store.insert(parts, ROWS, '0:1-1');
      await under.store.insert(parts, ROWS, '0:1-1');
      expect(await events('s1')).toEqual({ rows: ROWS, places: ROWS, statistics: ROWS });
      await crash();
      expect(await events('s1')).toEqual({ rows: ROWS, places: ROWS, statistics: ROWS });
      await under.store.insert(parts, ROWS, '0:1-1');
      expect(await events('s1')).toEqual({ rows: ROWS, places: ROWS, statistics: ROWS });
    });

    test('S2 the token decides, not the rows: equal rows under another token are stored', async () => {
      const parts = block('s2', 1);
      await under.store.insert(parts, ROWS, '0:2-2');
      await under.store.insert(parts, ROWS, '0:3-3');
      expect(await events('s2')).toEqual({ rows: 2 * ROWS, places: ROWS, statistics: 2 * ROWS });
    });

    /** Sends it until it is in, and tells how long the last try took. */
    const insertUntilIn = async (parts: readonly Uint8Array[], token: string) => {
      for (let i = 0; i < TRIES; i++) {
        const startedAt = performance.now();
        const error = await caught(under.store.insert(parts, ROWS, token));
        if (error === undefined) return performance.now() - startedAt;
        expect(error).toBeInstanceOf(RetryableError);
        await delay(TRY_MS);
      }
      throw new Error(`${token} was never inserted`);
    };
    test('S3 killed at any moment of an insert, the same token and rows again complete it', async () => {
      let insertMs = await insertUntilIn(block('s3', 0), '0:s3:0');
      for (let frame = 1; frame <= KILLS; frame++) {
        const parts = block('s3', frame);
        const first = caught(under.store.insert(parts, ROWS, `0:s3:${frame}`));
        await delay((insertMs * frame) / KILLS);
        await crash();
        const error = await first;
        if (error !== undefined) expect(error).toBeInstanceOf(RetryableError);
        insertMs = Math.min(insertMs, await insertUntilIn(parts, `0:s3:${frame}`));
      }
      const expected = (KILLS + 1) * ROWS;
      expect(await events('s3')).toEqual({ rows: expected, places: expected, statistics: expected });
    });

    test.each(['aborting', 'leaving'])('S4 %s an iteration stops the query in the store', async (how) => {
      const marker = `s4-${how}-${process.pid}`;
      const controller = new AbortController();
      const read = async () => {
        for await (const rows of under.store.select(under.slowQuery(marker), { signal: controller.signal })) {
          expect(rows.length).toBeGreaterThan(0);
          expect(await under.isRunning(marker)).toBe(true);
          if (how === 'leaving') break;
          controller.abort();
        }
      };
      const error = await caught(read());
      expect(error).toBe(how === 'leaving' ? undefined : controller.signal.reason);
      let running = true;
      for (let i = 0; running && i < TRIES; i++) {
        running = await under.isRunning(marker);
        if (running) await delay(TRY_MS);
      }
      expect(running).toBe(false);
    });

    test('S6 removed events are seen by nobody, also after a kill, and others stay', async () => {
      await under.store.insert(block('s6', 1), ROWS, '0:s6:1');
      await under.store.insert(block('s6-other', 2), ROWS, '0:s6:2');
      const params = { org: 's6', half: ROWS / 2 };
      const events6 = { sql: 'org = {org:String} AND frame_index < {half:UInt32}', params };
      const streams = { sql: 'org = {org:String} AND 0', params };
      await under.store.remove(events6, streams);
      expect((await events('s6')).rows).toBe(ROWS / 2);
      await under.store.remove(events6, streams);
      await crash();
      expect((await events('s6')).rows).toBe(ROWS / 2);
      expect((await events('s6-other')).rows).toBe(ROWS);
    });

    test('S7 frames of a range that are stored, deleted ones too', async () => {
      await under.store.insert(block('s7', 1000), ROWS, '0:s7:1000');
      await under.store.insert(block('s7', 1002), ROWS, '0:s7:1002');
      const stored = async (from: number, to: number) =>
        [...((await under.store.storedFrames(0, from, to)) ?? [])].sort();
      expect(await stored(1000, 1002)).toEqual([1000, 1002]);
      expect(await stored(1001, 2000)).toEqual([1002]);
      expect(await stored(1003, 2000)).toEqual([]);
      expect(await under.store.storedFrames(1, 1000, 1002)).toEqual(new Set());
      const params = { org: 's7', half: ROWS / 2 };
      const half = { sql: 'org = {org:String} AND frame_index < {half:UInt32}', params };
      await under.store.remove(half, { sql: '0', params: {} });
      expect(await stored(1000, 1002)).toEqual([1000, 1002]);
    });

    test('S5 the faults of a block and of a query are permanent', async () => {
      const [first, ...rest] = block('s5', 1);
      const cutShort = [first!, ...rest.slice(0, -4)];
      expect(await caught(under.store.insert(cutShort, ROWS, 's5'))).toMatchObject({ code: 'invalid_body' });
      expect(await caught(under.store.insert([Buffer.from('no block')], 1, 's5'))).toBeInstanceOf(PermanentError);
      for (const sql of ['SELEC 1', 'SELECT nothing FROM tailwater.events', 'SELECT * FROM tailwater.nothing'])
        expect(await caught(all(under.store, { sql, params: {} }))).toMatchObject({ code: 'invalid_query' });
      expect(await events('s5')).toEqual({ rows: 0, places: 0, statistics: 0 });
    });

    test('S5 a reader cannot write', async () => {
      const query = { sql: 'TRUNCATE TABLE tailwater.events', params: {} };
      expect(await caught(all(under.store, query))).toBeInstanceOf(PermanentError);
    });

    test('S5 a query over its time is retryable', async () => {
      const error = await caught(all(under.store, under.slowQuery('s5-timeout'), 300));
      expect(error).toBeInstanceOf(RetryableError);
      expect(error).toMatchObject({ code: 'query_timeout' });
    });

    test('S5 a store that is down is retryable, ping says so, and it needs no new client when it is back', async () => {
      expect(await under.store.ping()).toBe(true);
      await under.kill();
      const error = await caught(all(under.store, { sql: 'SELECT 1', params: {} }));
      expect(error).toMatchObject({ name: 'RetryableError', code: 'store_unavailable' });
      expect(await under.store.ping()).toBe(false);
      await under.backAgain();
      expect(await under.store.ping()).toBe(true);
    });
  });
}
