import { closeSync, openSync, readSync } from 'node:fs';

/** The first `count` lines of a file that may be large. Throws when it has fewer. */
export function readLines(path: string, count: number): string[] {
  const bytes = Buffer.alloc(count * 2048);
  const file = openSync(path, 'r');
  const length = readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  const lines = bytes.toString('utf8', 0, length).split('\n').slice(0, count);
  if (lines.length < count) throw new Error(`${path} has fewer than ${count} lines`);
  return lines;
}

const WARM_UP_RUNS = 20;
/** Shorter runs drown in the clock's grain. */
const RUN_MICROS_MIN = 50_000;

/** The median over `runs` of the CPU time, all threads of the process, that `work` takes for one of its `events`. */
export function cpuMicrosPerEvent(events: number, runs: number, work: () => void): number {
  for (let i = 0; i < WARM_UP_RUNS; i++) work();
  const results: number[] = [];
  for (let i = 0; i < runs; i++) {
    const before = process.cpuUsage();
    let times = 0;
    let micros = 0;
    while (micros < RUN_MICROS_MIN) {
      work();
      times++;
      const { user, system } = process.cpuUsage(before);
      micros = user + system;
    }
    results.push(micros / (times * events));
  }
  return results.sort((a, b) => a - b)[results.length >> 1];
}
