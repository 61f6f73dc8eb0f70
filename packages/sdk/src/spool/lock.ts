import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Who owns a producer's directory. */
interface Owner {
  pid: number;
  host: string;
  /** When its process began, in the system's own measure; a process id is given again. */
  started: string;
}

export const LOCK = 'lock';
/** Owners on other machines (and in other containers) are known by the time of their lock alone. */
const STALE_MS = 60_000;

/** `22` of /proc/<pid>/stat: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. Empty where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

const thisOwner = (): Owner => ({ pid: process.pid, host: hostname(), started: startOf(process.pid) });

/** Makes the directory, which is this process's from its first moment on: it appears with its lock in it. */
export function makeOwnDir(spoolDir: string, id: string): string {
  const dir = join(spoolDir, id);
  const hidden = join(spoolDir, `.${id}`);
  mkdirSync(hidden, { recursive: true, mode: 0o700 });
  writeFileSync(join(hidden, LOCK), JSON.stringify(thisOwner()), { mode: 0o600 });
  renameSync(hidden, dir);
  return dir;
}

/**
 * Takes over the directories of processes that are gone. Of several that try, the one whose rename succeeds has it.
 * `own` are the names of this process's directories.
 */
export function claimDead(spoolDir: string, ownId: string, own: ReadonlySet<string>): string[] {
  const claimed: string[] = [];
  for (const name of readdirSync(spoolDir)) {
    if (own.has(name) || name.startsWith('.') || !isDead(join(spoolDir, name))) continue;
    const dir = join(spoolDir, `${name.split('~')[0]}~${ownId}`);
    try {
      renameSync(join(spoolDir, name), dir);
      writeFileSync(join(dir, LOCK), JSON.stringify(thisOwner()), { mode: 0o600 });
      claimed.push(dir);
    } catch {
      // Another process was faster.
    }
  }
  return claimed;
}

function isDead(dir: string): boolean {
  try {
    if (!statSync(dir).isDirectory()) return false;
  } catch {
    return false;
  }
  try {
    const lock = join(dir, LOCK);
    const { mtimeMs } = statSync(lock);
    const owner = JSON.parse(readFileSync(lock, 'utf8')) as Owner;
    if (owner.host !== hostname()) return Date.now() - mtimeMs > STALE_MS;
    return !isRunning(owner);
  } catch {
    // Without a lock nobody owns it: it was closed, or its owner ended while it removed it.
    return true;
  }
}

function isRunning({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return started === startOf(pid);
}

/** The directory may be taken over by others from now on. */
export function unlock(dir: string): void {
  rmSync(join(dir, LOCK), { force: true });
}
