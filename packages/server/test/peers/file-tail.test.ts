import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
const COUNT = 30_000;

/** Appends numbered JSON lines, a few a millisecond, and opens the file again on SIGHUP. */
const WRITER = `
  const fs = require('fs');
  const [path, countText] = process.argv.slice(1);
  let fd = fs.openSync(path, 'a');
  process.on('SIGHUP', () => { fs.closeSync(fd); fd = fs.openSync(path, 'a'); });
  let n = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 4 && n < Number(countText); i++) {
      const event = { level: 'warn', msg: 'number ' + n, n, nested: { text: 'größe' } };
      fs.writeSync(fd, JSON.stringify(event) + '\\n');
      n++;
    }
    if (n >= Number(countText)) { clearInterval(timer); process.exit(0); }
  }, 1);
`;

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

async function rotate(dir: string, log: string, how: string, pid: number): Promise<void> {
  const config = join(dir, 'rotate.conf');
  const after = how === 'create' ? `postrotate\n kill -HUP ${pid} 2>/dev/null || true\nendscript` : '';
  await writeFile(config, `${log} {\n rotate 30\n size 1\n nocompress\n ${how}\n ${after}\n}\n`, { mode: 0o644 });
  await once(spawn(logrotate.path, ['-f', '-s', join(dir, 'rotate.state'), config], { stdio: 'ignore' }), 'exit');
}

test.skipIf(logrotate.isMissing).each(['create', 'copytruncate'])(
  `logrotate %s with restarts: every line exactly once${logrotate.why}`,
  async (how) => {
    const dir = tempDir();
    const dataDir = tempDir();
    const log = join(dir, 'app.log');
    const writer = spawn(process.execPath, ['-e', WRITER, log, String(COUNT)], { stdio: 'ignore' });
    const ended = once(writer, 'exit');
    let isWriting = true;
    void ended.then(() => (isWriting = false));
    for (let i = 0; i < 4; i++) {
      const running = await start(dataDir, join(dir, '*.log'));
      if (isWriting && how === 'copytruncate') writer.kill('SIGSTOP');
      const rotated = isWriting ? rotate(dir, log, how, writer.pid!) : null;
      if (i % 2 === 0) await rotated;
      await running.stop();
      await rotated;
      if (how === 'copytruncate') writer.kill('SIGCONT');
    }
    const running = await start(dataDir, join(dir, '*.log'));
    await ended;
    const events = await foundIn(running, 'tailed', COUNT);
    expectNumbered(events, COUNT, /^number (\d+)$/);
    expect(events[0]).toMatchObject({ severity: 'warn', labels: { 'log.file.path': log } });
    expect(JSON.stringify(events[0])).toContain('größe');
    await running.stop();
    server = null;
  },
  120_000,
);

test('kill -9 twice while it catches up: every line exactly once', async () => {
  const dir = tempDir();
  const dataDir = tempDir();
  const log = join(dir, 'app.log');
  const lines = Array.from({ length: 100_000 }, (_, n) => `number ${n} ${'x'.repeat(80)}\n`);
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
