import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { appendFile, copyFile, mkdir, open, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { startTail, type TestTail } from './test-tail.ts';

let dir: string;
let log: string;
let tail: TestTail | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'file-tail-'));
  log = join(dir, 'app.log');
});

afterEach(async () => {
  await tail?.listener.close();
  tail = null;
  rmSync(dir, { recursive: true, force: true });
});

const start = async (config: Record<string, unknown> = {}, failures: Error[] = []): Promise<TestTail> => {
  tail = await startTail(join(dir, 'state'), { paths: [join(dir, '*.log*')], multiline: 'off', ...config }, failures);
  return tail;
};
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i} of the log, unlike any other\n`).join('');
const numbersOf = ({ events }: TestTail) => events.map(({ message }) => Number(/^line (\d+)/.exec(message)?.[1] ?? -1));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(check: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!check()) {
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await settle(10);
  }
}

/** Waits for so many events, and a while more for what must not come. */
async function expectNumbers(running: TestTail, to: number): Promise<void> {
  await until(() => running.events.length >= to).catch(() => {});
  await settle(300);
  expect(numbersOf(running).toSorted((a, b) => a - b)).toEqual(range(0, to));
}

test('the checkpoints come to the end of files that are several bodies long', async () => {
  const names = ['a.log', 'b.log', 'c.log'];
  const text = numbered(0, 60_000);
  for (const name of names) await writeFile(join(dir, name), text);
  const running = await start();
  await until(() => running.events.length === 60_000 * names.length, 25_000);
  const offsets = (): number[] => {
    const saved = readFileSync(join(dir, 'state', 'checkpoints.json'), 'utf8');
    return (JSON.parse(saved) as { files: { offset: number }[] }).files.map(({ offset }) => offset);
  };
  await until(() => offsets().every((offset) => offset === text.length));
});

test('what is there, what is added, and only whole lines', async () => {
  await writeFile(log, `${numbered(0, 5)}line 5 beg`);
  const running = await start();
  await expectNumbers(running, 5);
  await appendFile(log, 'ins\n');
  await expectNumbers(running, 6);
  expect(running.events[5]).toMatchObject({ message: 'line 5 begins', labels: { 'log.file.path': log } });
  await until(() => running.held() === 0);
  expect(running.warnings).toEqual([]);
});

test('fromBeginning off: only what is added, whole files that appear later, and nothing else at the next start', async () => {
  await writeFile(log, `${numbered(900, 910)}line 0`);
  let running = await start({ fromBeginning: 'off' });
  await settle(200);
  await appendFile(log, ' rest\n');
  await writeFile(join(dir, 'b.log'), numbered(1, 3));
  await expectNumbers(running, 3);
  await running.listener.close();
  await writeFile(join(dir, 'c.log'), numbered(0, 2));
  running = await start({ fromBeginning: 'off' });
  await expectNumbers(running, 2);
});

test('a rename: the old file is read to its end, the new one from its beginning', async () => {
  await writeFile(log, numbered(0, 3));
  const running = await start({ paths: [log] });
  await until(() => running.events.length === 3);
  const writer = await open(log, 'a');
  await rename(log, `${log}.1`);
  await writer.write(numbered(3, 5));
  await writeFile(log, numbered(5, 7));
  await settle(200);
  await writer.write(numbered(7, 8));
  await writer.close();
  await expectNumbers(running, 8);
  expect(new Set(running.events.map(({ labels }) => labels['log.file.path']))).toEqual(new Set([log]));
});

test('a rename and a deletion while it is stopped', async () => {
  await writeFile(log, numbered(0, 30));
  let running = await start({ paths: [log] });
  await expectNumbers(running, 30);
  await running.listener.close();
  await appendFile(log, numbered(0, 2));
  await rename(log, `${log}-20261121`);
  await writeFile(log, numbered(2, 4));
  running = await start({ paths: [log] });
  await expectNumbers(running, 4);
  await running.listener.close();
  await unlink(log);
  await writeFile(log, numbered(0, 3));
  running = await start({ paths: [log] });
  await expectNumbers(running, 3);
});

test.each([
  ['listed', '*.log*'],
  ['not listed', '*.log'],
])('copytruncate, the copy %s: what was not read before the cut is read from the copy', async (_, glob) => {
  await writeFile(log, numbered(0, 40));
  const failures: Error[] = [];
  const running = await start({ paths: [join(dir, glob)] }, failures);
  await expectNumbers(running, 40);
  failures.push(new RetryableError('overloaded', 'not now', 600));
  await appendFile(log, numbered(40, 50));
  await settle(100);
  await copyFile(log, `${log}.1`);
  await settle(250);
  await truncate(log, 0);
  await appendFile(log, numbered(50, 90));
  await expectNumbers(running, 90);
});

test('copytruncate while it is stopped, and the file is longer than before already', async () => {
  await writeFile(log, numbered(0, 10));
  let running = await start();
  await expectNumbers(running, 10);
  await running.listener.close();
  await appendFile(log, numbered(0, 5));
  await copyFile(log, `${log}.1`);
  await truncate(log, 0);
  await appendFile(log, numbered(5, 100));
  running = await start();
  await expectNumbers(running, 100);
});

test('older copies, which nobody reads any more, are left alone when the file is cut short again', async () => {
  await writeFile(log, numbered(0, 5));
  const running = await start({ paths: [log] });
  await until(() => running.events.length === 5);
  await writeFile(`${log}.9`, numbered(900, 905));
  await settle(20);
  await copyFile(log, `${log}.1`);
  await truncate(log, 0);
  await settle(300);
  await appendFile(log, numbered(5, 8));
  await expectNumbers(running, 8);
});

test('rotated twice between two searches: the file in between is read too', async () => {
  await writeFile(`${log}.3`, numbered(900, 910));
  await settle(20);
  await writeFile(log, numbered(0, 30));
  let running = await start({ paths: [log] });
  await expectNumbers(running, 30);
  const rotateTwice = async (from: number, how: string) => {
    await rename(log, `${log}${how}2`);
    await writeFile(log, numbered(from, from + 5));
    await settle(20);
    await rename(log, `${log}${how}1`);
    await writeFile(log, numbered(from + 5, from + 7));
  };
  await rotateTwice(30, '.');
  await expectNumbers(running, 37);
  await running.listener.close();
  await appendFile(log, numbered(0, 2));
  await rotateTwice(2, '-202611');
  running = await start({ paths: [log] });
  await expectNumbers(running, 9);
});

test('made after a deletion, and rotated before anybody looked', async () => {
  await writeFile(log, numbered(0, 30));
  let running = await start({ paths: [log] });
  await expectNumbers(running, 30);
  await running.listener.close();
  // Kept open: its inode is not given again.
  const deleted = await open(log, 'r');
  await unlink(log);
  await settle(20);
  await writeFile(log, numbered(0, 3));
  await settle(20);
  await rename(log, `${log}.1`);
  await writeFile(log, numbered(3, 5));
  running = await start({ paths: [log] });
  await expectNumbers(running, 5);
  await deleted.close();
});

test('copied and cut short twice while it is stopped, and a file that was empty when it was seen is renamed', async () => {
  const other = join(dir, 'other.log');
  await writeFile(log, numbered(0, 30));
  await writeFile(other, '');
  let running = await start({ paths: [log, other] });
  await expectNumbers(running, 30);
  await running.listener.close();
  await appendFile(log, numbered(0, 2));
  await copyFile(log, `${log}.2`);
  await truncate(log, 0);
  await appendFile(log, numbered(2, 4));
  await settle(20);
  await copyFile(log, `${log}.1`);
  await truncate(log, 0);
  await appendFile(log, numbered(4, 6));
  await appendFile(other, numbered(6, 9));
  await rename(other, `${other}.1`);
  running = await start({ paths: [log, other] });
  await expectNumbers(running, 9);
});

test('files that were empty when they were seen, and then copied and cut short', async () => {
  const other = join(dir, 'other.log');
  await writeFile(log, '');
  await writeFile(other, '');
  let running = await start({ paths: [log, other], pollInterval: 400 });
  await appendFile(log, numbered(0, 2));
  await copyFile(log, `${log}.1`);
  await truncate(log, 0);
  await settle(600);
  await appendFile(log, numbered(2, 4));
  await expectNumbers(running, 4);
  await running.listener.close();
  const numbers = numbersOf(running);
  await appendFile(other, numbered(4, 6));
  await copyFile(other, `${other}.1`);
  await truncate(other, 0);
  await appendFile(other, numbered(6, 8));
  running = await start({ paths: [log, other] });
  await until(() => numbers.length + running.events.length >= 8).catch(() => {});
  numbers.push(...numbersOf(running));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(range(0, 8));
});

test('killed before the places were saved: what the journal has is not read again', async () => {
  const saved = join(dir, 'state', 'checkpoints.json');
  await writeFile(log, numbered(0, 60_000));
  let running = await start({ multiline: 'auto' });
  const first = readFileSync(saved);
  await until(() => running.events.length >= 59_999);
  await running.listener.close();
  // As a kill leaves it: an older file of places, and a journal that has all.
  await writeFile(saved, first);
  await rename(log, `${log}.1`);
  await appendFile(`${log}.1`, numbered(60_000, 60_010));
  const numbers = numbersOf(running);
  running = await start({ multiline: 'auto' });
  await until(() => numbers.length + running.events.length >= 60_010);
  await settle(300);
  numbers.push(...numbersOf(running));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(range(0, 60_010));
});

test('bodies that are refused between others: each is taken once, and none is passed over', async () => {
  await writeFile(log, numbered(0, 70_000));
  const failures: Error[] = [];
  const running = await start({ multiline: 'auto' }, failures);
  let sent = 0;
  await until(() => {
    if (sent++ % 3 === 0 && sent < 12) failures.push(new RetryableError('overloaded', 'not now', 5));
    return running.events.length >= 70_000;
  }, 30_000);
  await settle(300);
  expect(numbersOf(running).toSorted((a, b) => a - b)).toEqual(range(0, 70_000));
}, 40_000);

test('deleted with lines unread: they are read still', async () => {
  await writeFile(log, numbered(0, 1));
  const failures: Error[] = [];
  const running = await start({}, failures);
  await until(() => running.events.length === 1);
  failures.push(new RetryableError('overloaded', 'not now', 200));
  await appendFile(log, numbered(1, 20));
  await until(() => failures.length === 0);
  await unlink(log);
  await expectNumbers(running, 20);
});

test('packed files are not read, whatever their name, and neither are excluded ones', async () => {
  await writeFile(`${log}.1.gz`, gzipSync(numbered(0, 9)));
  await writeFile(`${log}.2`, gzipSync(numbered(0, 9)));
  await writeFile(join(dir, 'not.log'), numbered(0, 9));
  await writeFile(log, numbered(0, 2));
  await expectNumbers(await start({ exclude: [join(dir, 'not*')] }), 2);
});

test('the same file by two names is read once; pods’ files have their labels', async () => {
  const place = join(dir, 'pods', 'shop_web-7d_0a1b', 'nginx');
  await mkdir(place, { recursive: true });
  const line = (text: string) => `2026-11-21T08:00:00Z stdout ${text}\n`;
  await writeFile(join(place, '0.log'), line('P line 0') + line('F  and more') + line('F line 1'));
  await symlink(join(place, '0.log'), join(dir, 'web-7d_shop_nginx-abc.log'));
  const running = await start({ paths: [join(dir, 'pods/*/*/*.log'), join(dir, '*.log')] });
  await expectNumbers(running, 2);
  expect(running.events[0]).toMatchObject({
    service: 'nginx',
    labels: {
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': 'web-7d',
      'k8s.pod.uid': '0a1b',
      'k8s.container.name': 'nginx',
      'log.iostream': 'stdout',
    },
  });
});

test('a stack trace written in pieces is one event; the last one comes after a while', async () => {
  const running = await start({ multiline: 'auto' });
  for (const piece of ['line 0\njava.E: x\n', '\tat a.b(C)\n', '\tat d.e(F)\n', 'line 1\n']) {
    await appendFile(log, piece);
    await settle(300);
  }
  expect(running.events.map(({ message }) => message)).toEqual(['line 0', 'java.E: x\n\tat a.b(C)\n\tat d.e(F)']);
  await until(() => running.events.length === 3);
  expect(running.events[2]!.message).toBe('line 1');
});

test('a line longer than a body, and files of several bodies', async () => {
  await writeFile(log, `${'x'.repeat(2_500_000)}\n${numbered(0, 60_000)}`);
  const running = await start({ multiline: 'auto' });
  await until(() => running.events.at(-1)?.message.startsWith('line 59999') === true);
  const lines = running.events.filter(({ message }) => message.startsWith('line'));
  expect(lines).toHaveLength(60_000);
  expect(running.events.reduce((sum, { message }) => sum + (message.startsWith('x') ? message.length : 0), 0)).toBe(
    2_500_000,
  );
});

test('backpressure: nothing is read on until it is taken', async () => {
  await writeFile(log, numbered(0, 10));
  const failures = [1, 2, 3].map(() => new RetryableError('disk_full', 'not now', 50) as Error);
  await expectNumbers(await start({}, failures), 10);
});

test('a refusal stops the file with a warning, not its neighbours', async () => {
  await writeFile(log, numbered(900, 901));
  const running = await start({}, [new PermanentError('unauthenticated', 'no such key')]);
  await until(() => running.warnings.length === 1);
  await writeFile(join(dir, 'b.log'), numbered(0, 3));
  await expectNumbers(running, 3);
  expect(running.warnings[0]).toContain('no such key');
});

test('the same beginning in many files is no reason to take them for one', async () => {
  const header = `${'#'.repeat(400)}\n`;
  await writeFile(join(dir, 'a.log'), header + numbered(0, 5));
  await writeFile(join(dir, 'b.log'), header + numbered(5, 10));
  await writeFile(join(dir, 'a.log.1'), header + numbered(10, 12));
  const running = await start();
  await until(() => running.events.length === 15);
  expect(
    numbersOf(running)
      .filter((n) => n >= 0)
      .toSorted((a, b) => a - b),
  ).toEqual(range(0, 12));
});

test('nothing is configured: nothing is opened', async () => {
  await rm(dir, { recursive: true });
  await expect(startTail(dir, { paths: [] })).rejects.toThrow('no paths');
  expect(existsSync(dir)).toBe(false);
});
