/**
 * node packages/server/bench/journal.ts [--dir DIR] [--seconds 2]
 * What an append costs, by payload size and number of clients: each client appends again when its append is durable.
 * CPU is that of the whole process, the thread pool included. Then the same frames are read back.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDiskJournal } from '../src/journal/disk/journal.ts';
import { openDiskJournalReader } from '../src/journal/disk/reader.ts';

/** All that one case may leave on the disk. */
const BYTES_MAX = 2 ** 31;
const CASES = [
  { bytes: 460, clients: 1 },
  { bytes: 460, clients: 64 },
  { bytes: 460, clients: 512 },
  { bytes: 46_000, clients: 64 },
  { bytes: 2_300_000, clients: 1 },
  { bytes: 2_300_000, clients: 64 },
];

interface Measured {
  count: number;
  seconds: number;
  cpuMicroseconds: number;
}

async function measure(work: () => Promise<number>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const count = await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { count, seconds, cpuMicroseconds: user + system };
}

function line(name: string, bytes: number, { count, seconds, cpuMicroseconds }: Measured): string {
  const perSecond = (count / seconds).toFixed(0).padStart(8);
  const cpu = (cpuMicroseconds / count).toFixed(1).padStart(8);
  const megabytes = ((count * bytes) / 1e6 / seconds).toFixed(0).padStart(6);
  return `${name.padEnd(34)}${perSecond}/s ${cpu} µs CPU each ${megabytes} MB/s`;
}

async function runCase(root: string, bytes: number, clients: number, seconds: number): Promise<void> {
  const dir = mkdtempSync(join(root, 'journal-bench-'));
  try {
    const { writer, progress } = await openDiskJournal({ dir, node: 1, reserveBytes: 0 });
    const payload = [Buffer.alloc(bytes, 'tailwater ')];
    const countMax = Math.floor(BYTES_MAX / bytes);
    const latencies: number[] = [];
    const append = await measure(async () => {
      const end = performance.now() + seconds * 1000;
      let begun = 0;
      const client = async () => {
        while (begun < countMax && performance.now() < end) {
          begun += 1;
          const at = performance.now();
          await writer.append(payload);
          latencies.push(performance.now() - at);
        }
      };
      await Promise.all(Array.from({ length: clients }, client));
      return begun;
    });
    await writer.close();
    latencies.sort((a, b) => a - b);
    const quantile = (q: number) => latencies[Math.floor((latencies.length - 1) * q)]!.toFixed(2);
    const name = `${bytes} B × ${clients} client${clients === 1 ? '' : 's'}`;
    console.log(`${line(`append ${name}`, bytes, append)}  p50 ${quantile(0.5)} p99 ${quantile(0.99)} ms`);
    const reader = openDiskJournalReader({ dir, progress });
    const read = await measure(async () => {
      let count = 0;
      const signal = new AbortController().signal;
      for await (const _ of reader.read(1, { follow: false, signal })) count += 1;
      return count;
    });
    console.log(line(`read   ${name}`, bytes, read));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const { values } = parseArgs({
  options: { dir: { type: 'string', default: tmpdir() }, seconds: { type: 'string', default: '2' } },
});
for (const { bytes, clients } of CASES) await runCase(values.dir, bytes, clients, Number(values.seconds));
