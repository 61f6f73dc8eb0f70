/**
 * A cursor on a disk: two files, `<name>.0` and `<name>.1`, written in turn, so that the last commit but one is left
 * when the newest cannot be read. Each holds the same line twice, so that one rotten place does not cost it:
 *
 *   8 hex digits crc32 of the JSON | space | JSON {"version":1,"generation":…,"position":…,"state":…} | newline
 */
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { toRetryable } from './disk/faults.ts';
import { errnoOf, type Files, realFiles, writeAll } from './disk/files.ts';
import type { Cursor, JournalPosition } from './journal.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const GENERATIONS = 2;

const savedSchema = z.object({
  version: z.literal(1),
  generation: z.int().positive(),
  position: z.int().nonnegative(),
  state: z.unknown(),
});

interface Saved<State> {
  generation: number;
  position: JournalPosition;
  state: State;
}

export interface CursorOptions<State> {
  files?: Files;
  /** Checks a state that an earlier version of the program may have saved; what it throws, `openCursor` throws. */
  parseState?: (state: unknown) => State;
}

/**
 * Opens the cursor `name` in `dir` (which is made if missing). What is read is made durable first: it may come from a
 * commit that was cut short, and who acts on a place must find it again after a power cut. Throws RetryableError when
 * the disk fails; a damaged file is not an error, see `damagedFiles`.
 */
export async function openCursor<State = null>(
  dir: string,
  name: string,
  options: CursorOptions<State> = {},
): Promise<DiskCursor<State>> {
  if (!NAME.test(name)) throw new Error(`cursor name ${JSON.stringify(name)} does not match ${NAME}`);
  // The state is our own JSON under a checksum: without a check of its shape it is taken as it was saved.
  const { files = realFiles, parseState = (state: unknown) => state as State } = options;
  try {
    files.makeDir(dir);
    await files.syncDir(dirname(dir));
    const { newest, damagedFiles } = readGenerations(files, join(dir, name));
    await files.syncDir(dir);
    const saved = newest && { ...newest, state: parseState(newest.state) };
    return new DiskCursor(files, dir, name, saved, damagedFiles);
  } catch (error) {
    throw toRetryable(error);
  }
}

/** Made by `openCursor`. */
export class DiskCursor<State = null> implements Cursor<State> {
  readonly name: string;
  /** Generations that could not be read at open: 1 means the other one is used, 2 that there is no cursor left. */
  readonly damagedFiles: number;
  readonly #files: Files;
  readonly #dir: string;
  #saved: Saved<State> | null;
  #lastCommit: Promise<unknown> = Promise.resolve();

  constructor(files: Files, dir: string, name: string, saved: Saved<State> | null, damagedFiles: number) {
    this.name = name;
    this.damagedFiles = damagedFiles;
    this.#files = files;
    this.#dir = dir;
    this.#saved = saved;
  }

  load(): { position: JournalPosition; state: State } | null {
    return this.#saved && { position: this.#saved.position, state: this.#saved.state };
  }

  /**
   * Resolves when the new place is durable. Throws RetryableError when the disk does not take it: the cursor then
   * stays where it was for this process, and a restart finds the old or the new place. Commits are done one by one in
   * the order of the calls. Going back is refused, because it is a bug everywhere but in `rewind`.
   */
  commit(position: JournalPosition, state: State): Promise<void> {
    return this.#enqueue(async () => {
      const current = this.#saved?.position ?? 0;
      if (position < current) throw new Error(`cursor ${this.name} at ${current} was to be committed at ${position}`);
      await this.#save(position, state);
    });
  }

  /** Like `commit`, and may go back: a replay. */
  rewind(position: JournalPosition, state: State): Promise<void> {
    return this.#enqueue(() => this.#save(position, state));
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const result = this.#lastCommit.then(work);
    this.#lastCommit = result.catch(() => {});
    return result;
  }

  async #save(position: JournalPosition, state: State): Promise<void> {
    const generation = (this.#saved?.generation ?? 0) + 1;
    const path = join(this.#dir, this.name);
    const temporary = `${path}.tmp`;
    try {
      const fd = this.#files.open(temporary, 'replace');
      try {
        writeAll(this.#files, fd, [encode({ generation, position, state })], 0);
        await this.#files.sync(fd);
      } finally {
        this.#files.close(fd);
      }
      this.#files.rename(temporary, `${path}.${generation % GENERATIONS}`);
      await this.#files.syncDir(this.#dir);
    } catch (error) {
      throw toRetryable(error);
    }
    this.#saved = { generation, position, state };
  }
}

function readGenerations(files: Files, path: string): { newest: Saved<unknown> | null; damagedFiles: number } {
  let damagedFiles = 0;
  let newest: Saved<unknown> | null = null;
  for (let slot = 0; slot < GENERATIONS; slot += 1) {
    const bytes = readWhole(files, `${path}.${slot}`);
    if (bytes === null) continue;
    const saved = decode(bytes);
    if (saved === null) damagedFiles += 1;
    else if (newest === null || saved.generation > newest.generation) newest = saved;
  }
  return { newest, damagedFiles };
}

function encode(saved: Saved<unknown>): Buffer {
  const json = JSON.stringify({ version: 1, ...saved });
  const line = `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
  return Buffer.from(line + line);
}

/** Null when neither line is whole. The lines are found by their length: a separator could have rotted too. */
function decode(bytes: Buffer): Saved<unknown> | null {
  const half = bytes.length / 2;
  for (const line of [bytes.toString('utf8', 0, half), bytes.toString('utf8', half)]) {
    const json = line.slice(9, -1);
    if (json === '' || line !== `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`) continue;
    return savedSchema.parse(JSON.parse(json));
  }
  return null;
}

function readWhole(files: Files, path: string): Buffer | null {
  let fd: number;
  try {
    fd = files.open(path, 'read');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(files.size(fd));
    for (let filled = 0; filled < bytes.length; ) {
      const got = files.read(fd, bytes, filled, bytes.length - filled, filled);
      if (got === 0) break;
      filled += got;
    }
    return bytes;
  } finally {
    files.close(fd);
  }
}
