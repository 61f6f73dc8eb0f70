import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mendDeduplicationLogs } from './deduplication-log.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'deduplication-log-'));
});
afterEach(() => {
  rmSync(dataDir, { recursive: true });
});

/** A table's folder with these parts and files of the log. */
function table(parts: readonly string[], logs: Record<string, string>, name = 'aaaa'): string {
  const path = join(dataDir, 'store', name.slice(0, 3), name);
  const logDir = join(path, 'deduplication_logs');
  for (const dir of [logDir, ...parts.map((part) => join(path, part))]) mkdirSync(dir, { recursive: true });
  for (const [file, text] of Object.entries(logs)) writeFileSync(join(logDir, file), text);
  return logDir;
}

const LOG = 'deduplication_log_1.txt';
const line = (operation: number, part: string, id: string) => `${operation}\t${part}\t${id}\n`;

const cases: { what: string; parts: string[]; log: string; mended: string; dropped: string[] }[] = [
  {
    what: 'a part that is not there',
    parts: ['all_1_1_0'],
    log: line(1, 'all_1_1_0', 'all_5') + line(1, 'all_2_2_0', 'all_6'),
    mended: line(1, 'all_1_1_0', 'all_5') + line(2, 'all_2_2_0', 'all_6'),
    dropped: ['all_2_2_0'],
  },
  {
    what: 'a part that was not renamed yet, with two ids',
    parts: ['tmp_insert_30-20260101_2_2_0'],
    log: line(1, '30-20260101_2_2_0', 'x') + line(1, '30-20260101_2_2_0', 'y'),
    mended: line(2, '30-20260101_2_2_0', 'x') + line(2, '30-20260101_2_2_0', 'y'),
    dropped: ['30-20260101_2_2_0', '30-20260101_2_2_0'],
  },
  {
    what: 'parts that were merged and mutated since',
    parts: ['all_1_3_1_9', 'all_4_4_0_9'],
    log: ['1', '2', '3', '4', '5'].map((n) => line(1, `all_${n}_${n}_0`, n)).join(''),
    mended: ['1', '2', '3', '4'].map((n) => line(1, `all_${n}_${n}_0`, n)).join('') + line(2, 'all_5_5_0', '5'),
    dropped: ['all_5_5_0'],
  },
  {
    what: 'the same block in another partition',
    parts: ['30-20260101_1_9_1', '7-20260101_2_2_0'],
    log: line(1, '7-20260101_3_3_0', 'x'),
    mended: line(2, '7-20260101_3_3_0', 'x'),
    dropped: ['7-20260101_3_3_0'],
  },
  {
    what: 'an id that ClickHouse dropped, and noted again',
    parts: ['all_3_3_0'],
    log: line(1, 'all_1_1_0', 'x') + line(2, 'all_1_1_0', 'x') + line(1, 'all_3_3_0', 'x') + line(2, 'all_4_4_0', 'y'),
    mended:
      line(1, 'all_1_1_0', 'x') + line(2, 'all_1_1_0', 'x') + line(1, 'all_3_3_0', 'x') + line(2, 'all_4_4_0', 'y'),
    dropped: [],
  },
  {
    what: 'a last line that was cut short',
    parts: ['all_1_1_0', 'all_2_2_0'],
    log: line(1, 'all_1_1_0', 'x') + line(1, 'all_2_2_0', 'y').slice(0, -2),
    mended: line(1, 'all_1_1_0', 'x'),
    dropped: [],
  },
  {
    what: 'lines that are none of ours',
    parts: [],
    log: `3\tall_1_1_0\tx\n\0\0\0\n${line(1, 'no part', 'y')}${line(1, 'nopart', 'z')}`,
    mended: `3\tall_1_1_0\tx\n\0\0\0\n${line(1, 'no part', 'y')}${line(1, 'nopart', 'z')}`,
    dropped: [],
  },
];
test.each(cases)('$what', ({ parts, log, mended, dropped }) => {
  const logDir = table(parts, { [LOG]: log });
  expect(mendDeduplicationLogs(dataDir)).toEqual(dropped);
  expect(readFileSync(join(logDir, LOG), 'latin1')).toBe(mended);
  expect(mendDeduplicationLogs(dataDir)).toEqual([]);
});

test('files of a log are read in the order of their numbers, and every table has its own', () => {
  const [first, second] = ['deduplication_log_9.txt', 'deduplication_log_10.txt'];
  const files = { [second]: line(2, 'all_1_1_0', 'x'), [first]: line(1, 'all_1_1_0', 'x') };
  const one = table([], files);
  const other = table([], { [LOG]: line(1, 'all_1_1_0', 'x') }, 'bbbb');
  expect(mendDeduplicationLogs(dataDir)).toEqual(['all_1_1_0']);
  expect(readFileSync(join(one, first), 'utf8')).toBe(files[first]);
  expect(readFileSync(join(other, LOG), 'utf8')).toBe(line(2, 'all_1_1_0', 'x'));
});

test('a folder where no engine ever ran, and a table without a log', () => {
  expect(mendDeduplicationLogs(dataDir)).toEqual([]);
  mkdirSync(join(dataDir, 'store', 'ccc', 'cccc', 'all_1_1_0'), { recursive: true });
  writeFileSync(join(dataDir, 'store', 'file'), '');
  expect(mendDeduplicationLogs(dataDir)).toEqual([]);
});
