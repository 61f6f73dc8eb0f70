import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeFrame } from '../../src/batch/frame.ts';
import { openDiskJournal } from '../../src/journal/disk/journal.ts';
import { newBatch } from '../../src/receivers/util/test-batch.ts';
import { type EmbeddedUnderTest, openEmbedded } from '../store/clickhouse-under-test.ts';
import { allEvents, eventually, request, type SpawnedServer, spawnServer } from '../support/server.ts';

/** Events that were acknowledged and that the event store then refuses: never lost, replayed once it takes them. */

interface Listed {
  id: string;
  receiver: string;
  org_id: string;
  reason: string;
  rejected_events: number;
  bytes: number;
  replayable: boolean;
}

let clickhouse: EmbeddedUnderTest;
let server: SpawnedServer;
let env: Record<string, string>;

beforeAll(async () => {
  clickhouse = await openEmbedded();
  const { url, user, password } = clickhouse.engine;
  env = {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: user,
    CLICKHOUSE_PASSWORD: password,
    TAILWATER_STORE_INSERT_INTERVAL_MS: '20ms',
  };
  server = await spawnServer({ env });
});
afterAll(async () => {
  await server?.stop();
  await clickhouse?.close();
});

const post = (messages: readonly string[]) =>
  request(server, '/api/logs?ack=stored', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: messages.map((message) => JSON.stringify({ message, service: 'refused' })).join('\n'),
  });
const list = async (): Promise<Listed[]> =>
  ((await (await request(server, '/api/dead-letters')).json()) as { dead_letters: Listed[] }).dead_letters;
const replay = (id: string) => request(server, `/api/dead-letters/${id}/replay`, { method: 'POST' });
const stored = async () =>
  (await allEvents(server, 'service=refused&from=2020-01-01T00:00:00Z')).map(({ message }) => message).sort();

test('what the store refuses is listed, stays while it refuses, and is stored once when it does not', async () => {
  // Its code, CANNOT_PARSE_TEXT, says that the rows are at fault.
  const refuses = "CHECK toInt32(if(position(message, 'poison') > 0, 'x', '1')) = 1";
  await clickhouse.store.command(`ALTER TABLE tailwater.events ADD CONSTRAINT no_poison ${refuses}`);
  expect((await post(['poison one', 'beside it'])).status).toBe(202);
  expect((await post(['fine'])).status).toBe(202);
  const [letter] = await eventually(async () => {
    const letters = await list();
    return letters.length > 0 ? letters : undefined;
  });
  expect(letter).toMatchObject({ receiver: 'ndjson', org_id: 'default', rejected_events: 2, replayable: true });
  expect(letter!.reason).toMatch(/^the event store refused the events: ./);
  expect(letter!.bytes).toBeGreaterThan(20);
  expect(await stored()).toEqual(['fine']);
  const whole = (await (await request(server, `/api/dead-letters/${letter!.id}`)).json()) as { body_text: string };
  expect(
    whole.body_text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { message: string }).message),
  ).toEqual(['poison one', 'beside it']);
  expect((await replay(letter!.id)).status).toBe(400);
  expect(await list()).toHaveLength(1);

  const path = join(server.dataDir, 'set-aside/default', `${letter!.id}.json`);
  const copy = join(server.dataDir, 'copy');
  cpSync(path, copy);
  await clickhouse.store.command('ALTER TABLE tailwater.events DROP CONSTRAINT no_poison');
  expect(await (await replay(letter!.id)).json()).toEqual({ accepted: 2, rejected: [], rejected_total: 0 });
  expect(await stored()).toEqual(['beside it', 'fine', 'poison one']);
  expect([await list(), existsSync(path)]).toEqual([[], false]);

  // As after a crash between the insert and the removal, and however long after.
  cpSync(copy, path);
  await clickhouse.store.command('ALTER TABLE tailwater.events MODIFY SETTING non_replicated_deduplication_window = 0');
  expect(await (await replay(letter!.id)).json()).toEqual({ accepted: 0, rejected: [], rejected_total: 0 });
  expect(await stored()).toHaveLength(3);
  cpSync(copy, path);
  expect((await request(server, `/api/dead-letters/${letter!.id}`, { method: 'DELETE' })).status).toBe(204);
  expect(readdirSync(join(server.dataDir, 'set-aside/default'))).toEqual([]);
  const metrics = await (await request(server, '/metrics')).text();
  expect(metrics).toMatch(/^tailwater_store_frames_set_aside_total 1$/m);
});

test('a frame that nobody can read becomes a file, and holds up none behind it', async () => {
  await server.stop();
  const dir = join(server.dataDir, 'journal');
  const { writer } = await openDiskJournal({ dir, nextAtLeast: 1, node: 0 });
  const frame = encodeFrame(newBatch(), { orgId: 'default', receiver: 'ndjson', receivedAtMs: 0 });
  const position = await writer.append([frame.subarray(0, -1)]);
  await writer.close();
  server = await spawnServer({ dataDir: server.dataDir, env });
  expect(await (await post(['behind it'])).json()).toMatchObject({ stored: true });
  expect(await stored()).toEqual(['behind it', 'beside it', 'fine', 'poison one']);
  const names = readdirSync(join(server.dataDir, 'set-aside')).filter((name) => /^\d/.test(name));
  const name = position.toString().padStart(16, '0');
  expect(names.sort()).toEqual([`${name}.frame`, `${name}.json`]);
  expect(await list()).toEqual([]);
  const metrics = await (await request(server, '/metrics')).text();
  expect(metrics).toMatch(/^tailwater_store_frames_set_aside_total 1$/m);
});
