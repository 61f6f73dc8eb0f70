import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process used so far, user and system, all threads. 0 when it is gone. */
export function cpuSeconds(pid: number): number {
  try {
    return ticksOf(`/proc/${pid}/stat`) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** CPU seconds by thread name. */
export function cpuByThread(pid: number): Map<string, number> {
  const byName = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
      const seconds = ticksOf(`/proc/${pid}/task/${thread}/stat`) / TICKS_PER_SECOND;
      byName.set(name, (byName.get(name) ?? 0) + seconds);
    } catch {
      // The thread ended between listing and reading.
    }
  }
  return byName;
}

function ticksOf(path: string): number {
  const text = readFileSync(path, 'utf8');
  // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** MiB of memory: the peak (VmHWM) or now (VmRSS). 0 when the process is gone. */
export function memoryMib(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Bytes of all files below a directory, as the disk holds them. */
export function diskBytes(dir: string): number {
  let bytes = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    try {
      if (entry.isDirectory()) bytes += diskBytes(path);
      else if (entry.isFile()) bytes += statSync(path).blocks * 512;
    } catch {
      // Merges remove files while we look.
    }
  }
  return bytes;
}

/** Waits until the processes use next to no CPU: merges have settled. Returns their CPU seconds, idling taken off. */
export async function settledCpuSeconds(pids: readonly number[], timeoutMs = 120_000): Promise<number> {
  const total = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const deadline = performance.now() + timeoutMs;
  let quiet = 0;
  let last = total();
  let firstQuiet = last;
  while (quiet < 4 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = total();
    if (now - last < 0.06) {
      if (quiet === 0) firstQuiet = now;
      quiet++;
    } else quiet = 0;
    last = now;
  }
  return firstQuiet;
}

/** Bytes of a directory once they stay the same for a while: parts that merges have replaced are removed later. */
export async function settledDiskBytes(dir: string, timeoutMs = 90_000): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  let same = 0;
  let last = diskBytes(dir);
  while (same < 10 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const now = diskBytes(dir);
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}
