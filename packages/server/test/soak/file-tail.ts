import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDice } from '../fuzz/mutate.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';

/**
 * A process of its own writes numbered lines to several files, which are rotated all the while: by rename (also twice in
 * a row), by logrotate's copytruncate and by deletion. The server is stopped and killed again and again. Every line must
 * be stored exactly once, after `kill -9` too.
 *
 * What no reader can help is kept out: the writer rests between the copy and the cut of copytruncate, and a file is
 * deleted only when the server has found it, and the server is left running until it has read it.
 */
export interface FileTailOptions {
  seed: number;
  restarts: number;
  print(line: string): void;
}

const FILES = 6;
const LOGROTATE = '/usr/sbin/logrotate';

/**
 * Writes plain, JSON and CRI lines and stack traces, some of them in two pieces. Told by messages to open its files anew,
 * to rest, to go on and to end; answers each, and never with half a line written.
 */
const WRITER = `
  const fs = require('fs');
  const [dir, seed] = process.argv.slice(1);
  const names = Array.from({ length: ${FILES} }, (_, i) => dir + '/' + i + '.log');
  const fds = names.map((name) => fs.openSync(name, 'a'));
  let state = Number(seed), n = 0, rests = false, rest = null;
  const dice = (below) => { state = (Math.imul(state, 1103515245) + 12345) >>> 0; return (state >>> 8) % below; };
  const formats = [
    (n) => 'number ' + n + ' ' + 'x'.repeat(dice(200)) + '\\n',
    (n) => JSON.stringify({ msg: 'number ' + n, n, level: 'warn' }) + '\\n',
    (n) => new Date().toISOString() + ' stdout F number ' + n + ' of a container\\n',
  ];
  const line = (i) => {
    const text = formats[i % 3](n++);
    return i % 3 === 0 && dice(50) === 0 ? text + '\\tat a.b(C.java:1)\\n\\tat d.e(F.java:2)\\n' : text;
  };
  const tick = () => {
    if (rests) return;
    const i = dice(fds.length);
    if (rest !== null) { fs.writeSync(fds[rest.i], rest.text); rest = null; }
    let text = '';
    for (let k = dice(8); k >= 0; k--) text += line(i);
    const cut = dice(4) === 0 ? dice(text.length) : text.length;
    fs.writeSync(fds[i], text.slice(0, cut));
    if (cut < text.length) rest = { i, text: text.slice(cut) };
  };
  setInterval(tick, 3);
  process.on('message', (what) => {
    if (rest !== null) { fs.writeSync(fds[rest.i], rest.text); rest = null; }
    if (what === 'open') names.forEach((name, i) => { fs.closeSync(fds[i]); fds[i] = fs.openSync(name, 'a'); });
    rests = what === 'rest' || what === 'end';
    process.send(n, () => { if (what === 'end') process.exit(0); });
  });
`;

interface Soak {
  dir: string;
  dataDir: string;
  dice: (below: number) => number;
  writer: ChildProcess;
  server: SpawnedServer | null;
  rotations: Record<string, number>;
  serial: number;
}

export async function fileTailTest({ seed, restarts, print }: FileTailOptions): Promise<boolean> {
  const dir = join(tempDir(), 'logs');
  mkdirSync(dir);
  const writer = spawn(process.execPath, ['-e', WRITER, dir, String(seed)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const soak: Soak = {
    dir,
    dataDir: tempDir(),
    dice: createDice(seed),
    writer,
    server: null,
    rotations: {},
    serial: 0,
  };
  try {
    const stops = { SIGTERM: 0, 'kill -9': 0 };
    for (let i = 0; i < restarts; i++) {
      soak.server = await start(soak);
      for (let rotations = soak.dice(3); rotations > 0; rotations--) {
        await delay(soak.dice(800));
        await rotate(soak);
      }
      await delay(soak.dice(500));
      const how = soak.dice(2) === 0 ? 'SIGTERM' : 'kill -9';
      stops[how]++;
      await (how === 'SIGTERM' ? soak.server.stop() : soak.server.kill());
      soak.server = null;
      for (let rotations = soak.dice(3); rotations > 0; rotations--) await rotate(soak);
    }
    soak.server = await start(soak);
    const written = await tell(soak, 'end');
    const { lost, doubled, stored } = await compare(soak.server, written);
    const told = Object.entries({ ...stops, ...soak.rotations }).map(([what, count]) => `${count} ${what}`);
    const without = existsSync(LOGROTATE) ? '' : ', copytruncate SKIPPED without logrotate';
    print(
      `file-tail seed=${seed}: ${told.join(', ')}${without}; ${written} lines in ${FILES} files, ${stored} stored, ${lost.length} lost, ${doubled.length} doubled`,
    );
    if (lost.length > 0) print(`lost: ${lost.slice(0, 20).join(' ')}`);
    if (doubled.length > 0) print(`doubled: ${doubled.slice(0, 20).join(' ')}`);
    return lost.length === 0 && doubled.length === 0;
  } finally {
    writer.kill('SIGKILL');
    await soak.server?.stop();
    removeTempDirs();
  }
}

function start({ dir, dataDir }: Soak): Promise<SpawnedServer> {
  return spawnServer({
    dataDir,
    env: {
      TAILWATER_RECEIVERS_FILE_TAIL_PATHS: join(dir, '*.log'),
      TAILWATER_RECEIVERS_FILE_TAIL_API_KEY: ADMIN_KEY,
      TAILWATER_RECEIVERS_FILE_TAIL_SERVICE: 'soak',
      TAILWATER_RECEIVERS_FILE_TAIL_SCAN_INTERVAL: '500ms',
    },
  });
}

/** Resolves with the count of lines that were begun, all of which are written. */
async function tell({ writer }: Soak, what: 'open' | 'rest' | 'go' | 'end'): Promise<number> {
  const answer = once(writer, 'message');
  writer.send(what);
  const [count] = (await answer) as [number];
  return count;
}

async function rotate(soak: Soak): Promise<void> {
  const path = join(soak.dir, `${soak.dice(FILES)}.log`);
  const ways: Record<string, (soak: Soak, path: string) => Promise<void>> = {
    renames: rename,
    'double renames': async () => {
      await rename(soak, path);
      await delay(50);
      await rename(soak, path);
    },
    ...(existsSync(LOGROTATE) ? { copytruncates: copyTruncate } : {}),
    ...(soak.server === null ? {} : { deletions: remove }),
  };
  const names = Object.keys(ways);
  const name = names[soak.dice(names.length)]!;
  soak.rotations[name] = (soak.rotations[name] ?? 0) + 1;
  await ways[name]!(soak, path);
}

async function rename(soak: Soak, path: string): Promise<void> {
  renameSync(path, `${path}.${++soak.serial}`);
  await tell(soak, 'open');
}

async function copyTruncate(soak: Soak, path: string): Promise<void> {
  const config = join(soak.dir, '..', 'rotate.conf');
  writeFileSync(config, `${path} {\n rotate 1000\n size 1\n nocompress\n dateext\n dateformat -%s\n copytruncate\n}\n`);
  await tell(soak, 'rest');
  // Its names count seconds.
  await delay(1000);
  spawnSync(LOGROTATE, ['-f', '-s', join(soak.dir, '..', 'rotate.state'), config]);
  await tell(soak, 'go');
}

async function remove(soak: Soak, path: string): Promise<void> {
  const { ino } = statSync(path, { bigint: true });
  await eventually(async () => (offsetOf(soak, ino) === null ? undefined : true));
  await tell(soak, 'rest');
  const { size } = statSync(path);
  unlinkSync(path);
  await tell(soak, 'open');
  await eventually(async () => ((offsetOf(soak, ino) ?? 0) >= size ? true : undefined), 60_000);
}

/** Up to where the checkpoints say the file was read, null when they do not have it. */
function offsetOf({ dataDir }: Soak, ino: bigint): number | null {
  const path = join(dataDir, 'receivers/file-tail/checkpoints.json');
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files: { ino: string; offset: number }[] };
  return files.find((file) => file.ino === String(ino))?.offset ?? null;
}

async function compare(server: SpawnedServer, written: number) {
  const read = () => allEvents(server, 'service=soak&from=-1d');
  const events = await eventually(async () => {
    const before = await read();
    if (before.length < written) throw new Error(`${before.length} of ${written}`);
    return before;
  }, 60_000).catch(read);
  await delay(5000);
  const counts = new Uint32Array(written);
  for (const { message } of events.length >= written ? await read() : events) {
    counts[Number(/^number (\d+)/.exec(String(message))?.[1])]!++;
  }
  const where = (isSo: (count: number) => boolean) => [...counts.keys()].filter((number) => isSo(counts[number]!));
  return {
    lost: where((count) => count === 0),
    doubled: where((count) => count > 1),
    stored: counts.reduce((sum, count) => sum + count, 0),
  };
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
