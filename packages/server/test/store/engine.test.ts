import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../src/stores/clickhouse/engine.ts';
import { migrate } from '../../src/stores/clickhouse/migrate.ts';
import { openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { all } from '../contracts/store.contract.ts';
import { tempDir } from '../support/server.ts';
import { type EmbeddedUnderTest, openEmbedded, waitFor } from './clickhouse-under-test.ts';

const listening = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server));
  });

const portOf = (engine: Engine) => Number(new URL(engine.url).port);

describe('embedded engine', () => {
  let under: EmbeddedUnderTest;
  beforeAll(async () => {
    under = await openEmbedded();
  });
  afterAll(async () => {
    await under.close();
  });

  const deniedSql = [
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    'SELECT * FROM `/etc/passwd`',
    "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
    "SELECT * FROM executable('id', TSV, 'a String')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "INSERT INTO FUNCTION file('/tmp/out', LineAsString) SELECT 'x'",
    'CREATE DATABASE other',
    'CREATE TABLE default.t (a Int8) ENGINE = MergeTree ORDER BY a',
    "CREATE TABLE tailwater.t (a String) ENGINE = File(LineAsString, '/etc/passwd')",
    "CREATE DICTIONARY tailwater.d (a UInt64) PRIMARY KEY a SOURCE(FILE(path '/etc/passwd' format TSV)) LAYOUT(FLAT()) LIFETIME(0)",
    'CREATE FUNCTION f AS (x) -> x',
    "CREATE USER u IDENTIFIED BY 'x'",
    'SYSTEM STOP LISTEN HTTP',
    'SYSTEM SHUTDOWN',
  ];
  test.each(deniedSql)('the application may not: %s', async (sql) => {
    await expect(under.store.command(sql)).rejects.toThrow();
  });

  test('without the password nobody gets in, the boot user neither', async () => {
    const sql = { sql: 'SELECT 1', params: {} };
    const { url, user } = under.engine;
    for (const [name, password] of [
      [user, 'wrong'],
      [user, ''],
      ['default', ''],
    ] as const) {
      const stranger = openClickHouseStore({ url, user: name, password });
      await expect(all(stranger, sql)).rejects.toThrow();
      await expect(stranger.command('SYSTEM STOP LISTEN HTTP')).rejects.toThrow();
      await stranger.close();
    }
    expect(await under.store.ping()).toBe(true);
  });

  test('the query that keeps it running cannot be killed', async () => {
    const { restarts } = under.engine.status();
    await under.store.command("KILL QUERY WHERE query LIKE '%sleepEachRow(1)%' SYNC");
    expect(await under.store.ping()).toBe(true);
    expect(under.engine.status().restarts).toBe(restarts);
  });

  test('its files are for its owner only', () => {
    const mode = (path: string) => statSync(join(under.dataDir, path)).mode & 0o777;
    expect([mode('config'), mode('config/users.xml'), mode('config/config.xml')]).toEqual([0o700, 0o600, 0o600]);
  });

  test('nothing that grows is written beside the data: no system log tables', async () => {
    const sql =
      "SELECT name FROM system.tables WHERE database = 'system' AND name LIKE '%\\_log' AND engine LIKE '%MergeTree'";
    expect(await under.rows(sql)).toEqual([]);
  });

  test('migrating again changes nothing', async () => {
    const tables = "SELECT name, create_table_query FROM system.tables WHERE database = 'tailwater' ORDER BY name";
    const versions = 'SELECT version, applied_at FROM tailwater.schema_versions ORDER BY version';
    const before = [await under.rows(tables), await under.rows(versions)];
    await migrate(under.store);
    expect([await under.rows(tables), await under.rows(versions)]).toEqual(before);
    const hourly = ['attributes_hourly', 'events_hourly', 'streams_hourly'].flatMap((name) => [name, `${name}_view`]);
    expect((await under.rows<{ name: string }>(tables)).map(({ name }) => name)).toEqual(
      ['events', 'schema_versions', ...hourly].sort(),
    );
  });

  test('killed, it is started again under its port and password', async () => {
    const { url, password } = under.engine;
    const { restarts } = under.engine.status();
    await under.kill();
    await under.backAgain();
    expect(under.engine.status()).toMatchObject({ state: 'ready', url, restarts: restarts + 1 });
    expect(under.engine.password).toBe(password);
    expect(await under.store.ping()).toBe(true);
  });
});

describe('embedded engine, lifetime', () => {
  test('it says every state, moves when its port is taken, and stops twice', async () => {
    const states: string[] = [];
    const engine = await startEngine({ dataDir: tempDir(), onState: ({ state }) => states.push(state) });
    const port = portOf(engine);
    process.kill(engine.pid!, 'SIGKILL');
    await waitFor(() => engine.pid === undefined);
    const thief = await listening(port);
    await waitFor(() => engine.status().state === 'ready');
    expect(portOf(engine)).not.toBe(port);
    thief.close();
    await engine.stop();
    await engine.stop();
    expect(engine.pid).toBeUndefined();
    expect(states).toEqual(['ready', 'starting', 'ready', 'stopped']);
  });

  test('an engine that cannot start says why', async () => {
    const dataDir = tempDir();
    const first = await startEngine({ dataDir });
    // The folder is in use: only one engine may have it.
    await expect(startEngine({ dataDir })).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('Cannot lock file'),
    });
    await first.stop();
  });
});
