import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ADMIN_KEY, request, type SpawnedServer, spawnServer } from '../test/support/server.ts';
import { GENERATED_ORGS } from './event-generator.ts';
import { type Bodies, type BodyFormat, prepareBodies } from './support/bodies.ts';
import { inParallel, openPoster } from './support/post.ts';
import { cpuByThread, cpuSeconds, diskBytes, memoryMib, settledCpuSeconds } from './support/processes.ts';
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

const CONNECTIONS = 4;

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
    for (const org of GENERATED_ORGS) {
      const body = JSON.stringify({ id: org, name: org });
      const made = await request(server, '/api/orgs', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      if (made.status !== 201) throw new Error(`making org ${org}: ${made.status} ${await made.text()}`);
    }
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
  const [path, type] =
    format === 'otlp' ? ['/v1/logs', 'application/x-protobuf'] : ['/api/logs', 'application/x-ndjson'];
  const events = bodies.list.reduce((sum, body) => sum + body.events, 0);
  const poster = openPoster(server.url, CONNECTIONS);
  const idleMib = pids.reduce((sum, pid) => sum + memoryMib(pid, 'VmRSS'), 0);
  const before = total();
  const threadsBefore = cpuByThread(pids[0]);
  const startedAt = performance.now();
  await inParallel(bodies.list, CONNECTIONS, async (body) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'x-scope-orgid': body.org, 'content-type': type };
    const { status, text } = await poster.post(path, bodies.read(body), headers);
    if (status !== 200 && status !== 202) throw new Error(`${status} ${text}`);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const acknowledged = total() - before;
  poster.close();
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
    bytesPerEvent: diskBytes(join(dataDir, 'store')) / events,
    peakMib: pids.reduce((sum, pid) => sum + memoryMib(pid, 'VmHWM'), 0),
    counted,
  };
}

const us = (seconds: number, events: number) => ((seconds / events) * 1e6).toFixed(2);

/** Polls the store's own counter, then counts by query over all orgs. */
async function countStored(server: SpawnedServer, events: number): Promise<number> {
  for (;;) {
    const metrics = await (await request(server, '/metrics')).text();
    const stored = Number(/^tailwater_store_events_total (\d+)/m.exec(metrics)?.[1] ?? 0);
    if (stored >= events) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  let counted = 0;
  for (const org of GENERATED_ORGS) {
    const answer = await request(server, '/api/logs?from=2026-11-01T00:00:00Z&page_size=1&count=true', { org });
    counted += ((await answer.json()) as { total: number }).total;
  }
  return counted;
}

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
