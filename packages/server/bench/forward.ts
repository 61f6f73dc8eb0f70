import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createDestinationSender } from '../src/consumers/destination-sender/client.ts';
import type { RunnableIntegration } from '../src/consumers/destination-sender/sender.ts';
import type { LaneReport } from '../src/consumers/destination-sender/wire.ts';
import { openDiskJournal } from '../src/journal/disk/journal.ts';
import { JournalFloor } from '../src/journal/floor.ts';
import { type BenchFrame, framesOf } from './support/frames.ts';

/**
 * What forwarding costs: CPU of the sender's thread per event (reading, decoding, filtering, encoding, HTTP) and events
 * a second out of a backlog, per destination, to a receiver in another process that takes everything at once.
 *   npm run bench -- forward [--count 100000] [--types webhook,loki] [--profile]
 */
type Ports = Record<'http' | 'tcp', number>;
type Settings = Pick<RunnableIntegration, 'config' | 'secrets'>;

const SETTINGS: Record<string, (ports: Ports) => Settings> = {
  webhook: ({ http }) => ({ config: { url: at(http), batch: 'ndjson', events_max: 1000 }, secrets: {} }),
  datadog: ({ http }) => ({ config: { url: at(http) }, secrets: { api_key: '0'.repeat(32) } }),
  'splunk-hec': ({ http }) => ({
    config: { url: at(http) },
    secrets: { token: '11111111-2222-3333-4444-555555555555' },
  }),
  elasticsearch: ({ http }) => ({ config: { url: at(http), auth: 'none' }, secrets: {} }),
  loki: ({ http }) => ({ config: { url: at(http) }, secrets: {} }),
  'new-relic': ({ http }) => ({ config: { url: at(http) }, secrets: { license_key: '0'.repeat(40) } }),
  loggly: ({ http }) => ({ config: { url: at(http) }, secrets: { token: '11111111-2222-3333-4444-555555555555' } }),
  otlp: ({ http }) => ({ config: { url: `${at(http)}v1/logs` }, secrets: {} }),
  tailwater: ({ http }) => ({ config: { url: at(http) }, secrets: { api_key: 'tw_0' } }),
  syslog: ({ tcp }) => ({ config: { host: '127.0.0.1', port: tcp }, secrets: {} }),
};
const ORG = 'acme';
const STALL_MS = 30_000;

const at = (port: number) => `http://127.0.0.1:${port}/`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '100000' },
      types: { type: 'string', default: Object.keys(SETTINGS).join(',') },
    },
  });
  const frames = framesOf(Number(values.count), ORG);
  const receiver = fork(join(import.meta.dirname, `forward-receiver${extname(import.meta.url)}`));
  try {
    const [ports] = (await once(receiver, 'message')) as [Ports];
    print(`${values.count} events, batches as each destination takes them`);
    print('destination      µs CPU per event   events/s   calls   bytes per event');
    for (const type of values.types.split(',')) await measure(type, frames, ports);
  } finally {
    await ended(receiver);
  }
}

async function measure(type: string, frames: readonly BenchFrame[], ports: Ports): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  const dir = join(home, 'journal');
  const { writer, progress } = await openDiskJournal({ dir, node: 0, reserveBytes: 0 });
  let last: LaneReport | undefined;
  let calls = 0;
  let bytes = 0;
  const sender = createDestinationSender({
    journalDir: dir,
    cursorDir: join(home, 'cursors'),
    undeliveredDir: join(home, 'undelivered'),
    progress: progress.buffer,
    node: 0,
    floor: new JournalFloor(),
    egress: () => ({ mode: 'any', allow: [], plainHttp: true, ownPorts: [] }),
    limits: { reportIntervalMs: 50 },
    onReport: ([report]) => {
      last = report;
      for (const { bytesSent } of report?.deliveries ?? []) {
        calls++;
        bytes += bytesSent;
      }
    },
    onFault: (error) => print(`  ${error.message}`),
  });
  const total = frames.reduce((sum, { rows }) => sum + rows, 0);
  // Once so that the thread has compiled what is hot, then for the record.
  const append = () => Promise.all(frames.map(({ payload }) => writer.append([payload])));
  await append();
  const filter = { logTypes: [], eventTypes: [], minSeverity: null, attributes: [], sampleRate: 1 };
  const delivery = {
    eventsPerSecondMax: null,
    journalBytesMax: Number.MAX_SAFE_INTEGER,
    whenFull: 'skip',
    retryAgeMsMax: null,
  } as const;
  sender.configure([{ id: 'bench', orgId: ORG, type, ...SETTINGS[type]!(ports), filter, delivery, from: 1 }]);
  const isDone = await until(() => last, total);
  if (!isDone) print(`${type.padEnd(16)} stopped: ${last?.status.state} ${last?.status.lastError}`);
  else {
    [calls, bytes] = [0, 0];
    const cpu = process.cpuUsage();
    const main = process.threadCpuUsage();
    const startMs = performance.now();
    await append();
    await until(() => last, 2 * total);
    const elapsed = (performance.now() - startMs) / 1000;
    const sum = ({ user, system }: NodeJS.CpuUsage) => user + system;
    const us = (sum(process.cpuUsage(cpu)) - sum(process.threadCpuUsage(main))) / total;
    const rate = Math.round(total / elapsed);
    const columns = [us.toFixed(1).padStart(16), String(rate).padStart(10), String(calls).padStart(7)];
    print(`${type.padEnd(16)} ${columns.join(' ')} ${(bytes / total).toFixed(0).padStart(17)}`);
  }
  await sender.close();
  await writer.close();
  rmSync(home, { recursive: true, force: true });
}

/** False when nothing more came for a while. */
async function until(report: () => LaneReport | undefined, delivered: number): Promise<boolean> {
  let before = -1;
  let sinceMs = performance.now();
  for (;;) {
    const now = report()?.status.delivered ?? 0;
    if (now >= delivered) return true;
    if (now !== before) [before, sinceMs] = [now, performance.now()];
    if (performance.now() - sinceMs > STALL_MS) return false;
    await sleep(20);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
