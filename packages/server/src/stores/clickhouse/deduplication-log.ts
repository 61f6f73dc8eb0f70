import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * ClickHouse notes a block's id in `deduplication_logs/` of its table, and then renames the block's part into place. An
 * engine that is killed in between takes the same insert, sent again, for a repeat, and its rows are nowhere.
 *
 * A log is lines of operation (1 added, 2 dropped), part and block id, in files numbered from 1:
 *   1 TAB 30-20260101_7_7_0 TAB 30-20260101_4175348321712058011_16260160580012111090 LF
 * https://github.com/ClickHouse/ClickHouse/blob/master/src/Storages/MergeTree/MergeTreeDeduplicationLog.cpp
 */
const LOGS = 'deduplication_logs';
const LOG_FILE = /^deduplication_log_(\d+)\.txt$/;
const RECORD = /^([12])\t(\S+)\t(\S+)$/;
/** Partition, first block, last block, level, and the mutation if there was one. */
const PART = /^(.+?)_(\d+)_(\d+)_\d+(?:_\d+)?$/;
const LINE_FEED = 0x0a;
const DROPPED = '2';

interface Added {
  file: string;
  /** Of the line in the file, in bytes. */
  offset: number;
  part: string;
}

/**
 * Makes the logs of all tables in an engine's folder agree with their parts: an id whose part is not there is marked as
 * dropped, and a line that was cut short is cut off, because what ClickHouse appended to it could not be read. Ids and
 * parts come and go together otherwise: ClickHouse drops the ids of a part that it drops.
 *
 * Changes single bytes in place and needs no space, so it may be killed anywhere and the disk may be full. No engine may
 * run on the folder. Returns the parts whose ids were dropped. Throws errors of the file system.
 */
export function mendDeduplicationLogs(dataDir: string): string[] {
  const store = join(dataDir, 'store');
  if (!existsSync(store)) return [];
  return subfolders(store)
    .flatMap(subfolders)
    .filter((table) => existsSync(join(table, LOGS)))
    .flatMap(mendTable);
}

function subfolders(dir: string): string[] {
  const entries = readdirSync(dir, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(dir, name));
}

function mendTable(table: string): string[] {
  const added = new Map<string, Added>();
  for (const file of logFiles(join(table, LOGS))) {
    cutTornLine(file);
    replay(file, added);
  }
  const isThere = partsOf(table);
  const missing = [...added.values()].filter(({ part }) => !isThere(part));
  for (const { file, offset } of missing) withFile(file, (handle) => writeSync(handle, DROPPED, offset));
  return missing.map(({ part }) => part);
}

/** In the order in which they were written. */
function logFiles(dir: string): string[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const match = LOG_FILE.exec(name);
      return match === null ? [] : [{ path: join(dir, name), number: Number(match[1]) }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ path }) => path);
}

/** The part of a record is renamed after the whole record was written, so there is none for a torn one. */
function cutTornLine(file: string): void {
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(LINE_FEED) + 1;
  if (end < bytes.length) withFile(file, (handle) => ftruncateSync(handle, end));
}

function replay(file: string, added: Map<string, Added>): void {
  let offset = 0;
  // One byte a character, so that lengths are offsets.
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const [, operation, part, id] = RECORD.exec(line) ?? [];
    if (operation === DROPPED) added.delete(id!);
    else if (operation !== undefined) added.set(id!, { file, offset, part: part! });
    offset += line.length + 1;
  }
}

/** Whether a part is in its place, itself or merged into a larger one. A name that is none counts as there. */
function partsOf(table: string): (part: string) => boolean {
  const byPartition = new Map<string, Blocks[]>();
  for (const name of readdirSync(table)) {
    const blocks = blocksOf(name);
    if (blocks === null) continue;
    const others = byPartition.get(blocks.partition);
    if (others === undefined) byPartition.set(blocks.partition, [blocks]);
    else others.push(blocks);
  }
  let found: Blocks | undefined;
  return (part) => {
    const blocks = blocksOf(part);
    if (blocks === null) return true;
    const holds = (part: Blocks) =>
      part.partition === blocks.partition && part.first <= blocks.first && blocks.last <= part.last;
    // Of thousands of notes in a row most are of the same merged part.
    if (found === undefined || !holds(found)) found = byPartition.get(blocks.partition)?.find(holds);
    return found !== undefined;
  };
}

interface Blocks {
  partition: string;
  first: number;
  last: number;
}

function blocksOf(name: string): Blocks | null {
  const [, partition, first, last] = PART.exec(name) ?? [];
  if (partition === undefined || TEMPORARY.test(name)) return null;
  return { partition, first: Number(first), last: Number(last) };
}

/** What ClickHouse calls folders of parts that are not in place yet, or no longer. */
const TEMPORARY = /^(tmp|delete_tmp|moving|detached)_/;

function withFile(path: string, change: (handle: number) => void): void {
  const handle = openSync(path, 'r+');
  try {
    change(handle);
    fdatasyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
