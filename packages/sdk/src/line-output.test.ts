import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LineOutput } from './line-output.ts';

let dir = '';
const open: number[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-output-'));
});
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
  rmSync(dir, { recursive: true, force: true });
});
const opened = (path: string, flags: string | number): number => {
  const fd = openSync(path, flags);
  open.push(fd);
  return fd;
};
const idle = async (output: LineOutput) => {
  while (!output.isIdle) await delay(2);
};

test('lines come out whole and in order, whatever their length', async () => {
  const path = join(dir, 'out');
  const output = new LineOutput(opened(path, 'w'));
  const lines = Array.from({ length: 3_000 }, (_, i) => `${i} ${'ü'.repeat((i * 7919) % 500)}\n`);
  lines[1_000] = `${'x'.repeat(300_000)}\n`;
  lines.forEach((line, i) => {
    if (i % 2 === 0) output.add(line);
    else output.addBytes(Buffer.from(line), Buffer.byteLength(line));
  });
  await idle(output);
  expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
  output.add('later\n');
  await idle(output);
  expect(readFileSync(path, 'utf8').endsWith('later\n')).toBe(true);
});

test('the end of the program writes what is left at once', () => {
  const path = join(dir, 'out');
  const output = new LineOutput(opened(path, 'w'));
  for (let i = 0; i < 10; i++) output.add(`${i}\n`);
  output.flushSync();
  expect(readFileSync(path, 'utf8')).toBe('0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n');
});

test('where nobody can write, lines are counted', async () => {
  const output = new LineOutput(opened(join(dir, 'out'), constants.O_CREAT | constants.O_RDONLY));
  output.add('1\n');
  await idle(output);
  output.add('2\n');
  output.flushSync();
  expect(output.lost).toBe(2);
});

const hasMkfifo = spawnSync('mkfifo', ['--version']).status === 0;

test.skipIf(!hasMkfifo).each([
  [2_000, false],
  [30_000, true],
])(`%i lines to a reader that sleeps (needs mkfifo)`, async (count, isTooMuch) => {
  const path = join(dir, 'fifo');
  spawnSync('mkfifo', [path]);
  const fd = opened(path, constants.O_RDWR | constants.O_NONBLOCK);
  const output = new LineOutput(fd);
  for (let i = 0; i < count; i++) output.add(`${i} ${'x'.repeat(500)}\n`);
  await delay(30);
  const bytes = Buffer.alloc(1 << 16);
  let text = '';
  const read = () => {
    try {
      text += bytes.toString('latin1', 0, readSync(fd, bytes));
    } catch {
      // Empty for now.
    }
  };
  while (!output.isIdle) {
    read();
    await delay(1);
  }
  for (let before = -1; before !== text.length; ) {
    before = text.length;
    read();
  }
  const lines = text.split('\n').slice(0, -1);
  expect(lines.length + output.lost).toBe(count);
  expect(output.lost > 0).toBe(isTooMuch);
  expect(lines.filter((line) => !/^\d+ x{500}$/.test(line))).toEqual([]);
  const numbers = lines.map((line) => Number.parseInt(line, 10));
  expect(numbers.every((number, i) => i === 0 || number > numbers[i - 1])).toBe(true);
});
