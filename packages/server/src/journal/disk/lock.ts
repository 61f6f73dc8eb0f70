import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PermanentError } from '../../runtime/errors.ts';

const LOCK_FILE = 'lock';
const SQLITE_BUSY = 5;

/** Held until `release` or the end of the process, however it ends. */
export interface DataDirLock {
  /** Safe to call twice. */
  release(): void;
}

/**
 * Makes sure that one server at a time has `dir`. Throws PermanentError `conflict` when another one has it.
 *
 * Node has no flock(2), but SQLite takes a POSIX lock on its file for as long as a transaction is open. The kernel
 * drops it when the process dies, so nothing can be left behind by kill -9 and no process id has to be judged. The
 * database stays empty: nothing is written, a full disk does not matter. Two threads of one process exclude each other
 * too, because SQLite keeps its own account of them.
 *
 * Nobody else may open the lock file in this process: closing any descriptor of it drops the lock, see fcntl(2).
 */
export function lockDataDir(dir: string): DataDirLock {
  mkdirSync(dir, { recursive: true });
  const database = new DatabaseSync(join(dir, LOCK_FILE));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)) throw error;
    throw new PermanentError('conflict', `The data directory ${dir} is in use by another server.`);
  }
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}
