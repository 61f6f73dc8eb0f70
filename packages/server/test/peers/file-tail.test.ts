import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { expectNumbered, foundIn } from '../support/peer.ts';
import { program } from '../support/program.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';

/** Files that a process of its own writes and Debian's logrotate rotates, through the built server. */
const logrotate = program('logrotate');

/** Appends numbered JSON lines until its stdin ends, prints how many, and opens the file again on SIGHUP. */
const WRITER = `
  const fs = require('fs');
  const [path] = process.argv.slice(1);
  let fd = fs.openSync(path, 'a');
  process.on('SIGHUP', () => { fs.closeSync(fd); fd = fs.openSync(path, 'a'); });
  let n = 0;
  const write = () => {
    const event = { level: 'warn', msg: 'number ' + n, n, nested: { text: 'größe' } };
    fs.writeSync(fd, JSON.stringify(event) + '\\n');
    n++;
  };
  const timer = setInterval(write, 1);
  process.stdin.on('end', () => { clearInterval(timer); console.log(n); }).resume();
`;

interface Writer {
  how: string;
  dir: string;
  log: string;
  child: ChildProcess;
  /** Ends it. Resolves with how many lines it wrote. */
  end(): Promise<number>;
}

/** A writer of a file in a directory of its own. */
function startWriter(dir: string, how: string): Writer {
  mkdirSync(join(dir, how));
  const log = join(dir, how, 'app.log');
  const child = spawn(process.execPath, ['-e', WRITER, log], { stdio: ['pipe', 'pipe', 'inherit'] });
  const printed = text(child.stdout);
  const end = async () => {
    child.stdin.end();
    return Number(await printed);
  };
  return { how, dir: join(dir, how), log, child, end };
}

let server: SpawnedServer | null = null;

afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

const start = async (dataDir: string, paths: string, key = ADMIN_KEY) => {
  server = await spawnServer({
    dataDir,
    env: {
      TAILWATER_RECEIVERS_FILE_TAIL_PATHS: paths,
      TAILWATER_RECEIVERS_FILE_TAIL_API_KEY: key,
      TAILWATER_RECEIVERS_FILE_TAIL_SERVICE: 'tailed',
    },
  });
  return server;
};

async function rotate({ dir, log, how, child: { pid } }: Writer): Promise<void> {
  const config = join(dir, 'rotate.conf');
  const after = how === 'create' ? `postrotate\n kill -HUP ${pid} 2>/dev/null || true\nendscript` : '';
  await writeFile(config, `${log} {\n rotate 30\n size 1\n nocompress\n ${how}\n ${after}\n}\n`, { mode: 0o644 });
  await once(spawn(logrotate.path, ['-f', '-s', join(dir, 'rotate.state'), config], { stdio: 'ignore' }), 'exit');
}

test.skipIf(logrotate.isMissing)(
  `logrotate, create and copytruncate, with restarts: every line exactly once${logrotate.why}`,
  async () => {
    const dir = tempDir();
    const dataDir = tempDir();
    const writers = ['create', 'copytruncate'].map((how) => startWriter(dir, how));
    // Once before the server is told to stop, once while it does.
    for (const isBefore of [true, false]) {
      const running = await start(dataDir, join(dir, '*/*.log'));
      for (const { how, child } of writers) if (how === 'copytruncate') child.kill('SIGSTOP');
      const rotated = Promise.all(writers.map(rotate));
      if (isBefore) await rotated;
      await running.stop();
      await rotated;
      for (const { child } of writers) child.kill('SIGCONT');
    }
    const running = await start(dataDir, join(dir, '*/*.log'));
    const counts = await Promise.all(writers.map((writer) => writer.end()));
    const events = await foundIn(running, 'tailed', counts[0]! + counts[1]!);
    for (const [i, { log }] of writers.entries()) {
      expect(counts[i]).toBeGreaterThan(0);
      const own = events.filter(({ labels }) => (labels as Record<string, string>)['log.file.path'] === log);
      expectNumbered(own, counts[i]!, /^number (\d+)$/);
      expect(own[0]).toMatchObject({ severity: 'warn' });
      expect(JSON.stringify(own[0])).toContain('größe');
    }
    expect(events).toHaveLength(counts[0]! + counts[1]!);
    await running.stop();
    server = null;
  },
  120_000,
);

test('kill -9 twice while it catches up: every line exactly once', async () => {
  const dir = tempDir();
  const dataDir = tempDir();
  const log = join(dir, 'app.log');
  const lines = Array.from({ length: 40_000 }, (_, n) => `number ${n} ${'x'.repeat(80)}\n`);
  await writeFile(log, lines.join(''));
  for (const ms of [20, 60]) {
    const killed = await start(dataDir, log);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await killed.kill();
  }
  await rename(log, `${log}.1`);
  const running = await start(dataDir, log);
  expectNumbered(await foundIn(running, 'tailed', lines.length), lines.length, /^number (\d+)/);
  await running.stop();
  server = null;
}, 120_000);

test('a wrong key: nothing is read on, and the reason is told', async () => {
  const dir = tempDir();
  mkdirSync(dir, { recursive: true });
  await writeFile(join(dir, 'a.log'), 'hello\n{}\n');
  const running = await start(tempDir(), join(dir, '*.log'), 'tw_wrong_0123456789');
  await eventually(async () => (running.stderr().includes('not read on for now') ? true : undefined));
  expect(await allEvents(running, 'service=tailed&from=-1h')).toEqual([]);
  await running.stop();
  server = null;
});
