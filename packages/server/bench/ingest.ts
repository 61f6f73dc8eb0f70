import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type SpawnedServer, spawnServer } from '../test/support/server.ts';
import { type Bodies, type BodyFormat, prepareBodies } from './support/bodies.ts';
import { countStored, makeOrgs, sendAll } from './support/fill.ts';
import { cpuByThread, cpuSeconds, memoryMib, settledCpuSeconds, settledDiskBytes } from './support/processes.ts';
import { runVictoriaLogs } from './victoria-logs.ts';

/**
 * The whole path on a million events: socket, acknowledgement, store, merges settled. CPU over all processes of the
 * server, from /proc; the client is not counted.
 *   VICTORIA_LOGS=path/to/victoria-logs npm run bench -- ingest [--count 1000000] [--format otlp,ndjson] [--batch 5000]
 */
export interface IngestFigures {
  name: string;
  events: number;
  /** CPU µs per event. */
  acknowledgedUs: number;
  storedUs: number;
  settledUs: number;
  eventsPerSecond: number;
  bytesPerEvent: number;
  peakMib: number;
  counted: number;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '1000000' },
      batch: { type: 'string', default: '5000' },
      format: { type: 'string', default: 'otlp,ndjson' },
    },
  });
  const count = Number(values.count);
  const batch = Number(values.batch);
  const scratch = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  const figures: IngestFigures[] = [];
  try {
    for (const format of values.format.split(',') as BodyFormat[]) {
      const bodies = prepareBodies(join(scratch, format), format, count, batch);
      print(`${format}: ${bodies.list.length} bodies, ${(bodies.bytes / count).toFixed(0)} B an event`);
      figures.push(await runTailwater(join(scratch, `data-${format}`), format, bodies));
      bodies.close();
    }
    const peer = process.env.VICTORIA_LOGS;
    if (peer === undefined) print('peer: skipped, VICTORIA_LOGS is not set');
    else {
      const bodies = prepareBodies(join(scratch, 'mixed'), 'mixed-ndjson', count, batch);
      figures.push(await runVictoriaLogs(peer, join(scratch, 'victoria-logs'), bodies, print));
      bodies.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  printTable(figures);
}

async function runTailwater(dataDir: string, format: BodyFormat, bodies: Bodies): Promise<IngestFigures> {
  const server = await spawnServer({ dataDir });
  try {
    await makeOrgs(server);
    return await measure(server, dataDir, format, bodies);
  } finally {
    await server.stop();
  }
}

async function measure(
  server: SpawnedServer,
  dataDir: string,
  format: BodyFormat,
  bodies: Bodies,
): Promise<IngestFigures> {
  const pids = [server.child.pid!, ...server.childPids()];
  const total = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const events = bodies.list.reduce((sum, body) => sum + body.events, 0);
  const idleMib = pids.reduce((sum, pid) => sum + memoryMib(pid, 'VmRSS'), 0);
  const before = total();
  const threadsBefore = cpuByThread(pids[0]);
  const startedAt = performance.now();
  await sendAll(server, format, bodies);
  const seconds = (performance.now() - startedAt) / 1000;
  const acknowledged = total() - before;
  const counted = await countStored(server, events);
  const stored = total() - before;
  const settled = (await settledCpuSeconds(pids)) - before;
  const threads = [...cpuByThread(pids[0])].map(
    ([name, cpu]) => `${name} ${us(cpu - (threadsBefore.get(name) ?? 0), events)}`,
  );
  print(
    `${format}: idle ${idleMib.toFixed(0)} MiB; µs an event by thread: ${threads.join(', ')}; engine ${us(cpuSeconds(pids[1]), events)}`,
  );
  return {
    name: `tailwater ${format}`,
    events,
    acknowledgedUs: (acknowledged / events) * 1e6,
    storedUs: (stored / events) * 1e6,
    settledUs: (settled / events) * 1e6,
    eventsPerSecond: events / seconds,
    bytesPerEvent: (await settledDiskBytes(join(dataDir, 'store'))) / events,
    peakMib: pids.reduce((sum, pid) => sum + memoryMib(pid, 'VmHWM'), 0),
    counted,
  };
}

const us = (seconds: number, events: number) => ((seconds / events) * 1e6).toFixed(2);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printTable(figures: readonly IngestFigures[]): void {
  print(
    '| run | accepted | counted | events/s | CPU µs/event: acknowledged | stored | merges settled | B/event | peak MiB |',
  );
  print('|---|---|---|---|---|---|---|---|---|');
  for (const f of figures) {
    const numbers = [
      f.acknowledgedUs.toFixed(2),
      f.storedUs.toFixed(2),
      f.settledUs.toFixed(2),
      f.bytesPerEvent.toFixed(1),
    ];
    print(
      `| ${f.name} | ${f.events} | ${f.counted} | ${Math.round(f.eventsPerSecond)} | ${numbers.join(' | ')} | ${Math.round(f.peakMib)} |`,
    );
  }
  const peer = figures.find((f) => f.name.startsWith('victoria'));
  if (peer === undefined) return;
  for (const f of figures.filter((own) => own !== peer)) {
    const ratios = [f.settledUs / peer.settledUs, f.bytesPerEvent / peer.bytesPerEvent, f.peakMib / peer.peakMib];
    const [cpu, bytes, memory] = ratios.map((ratio) => ratio.toFixed(2));
    print(`${f.name} / ${peer.name}: CPU ${cpu}, bytes ${bytes}, memory ${memory}`);
  }
}
