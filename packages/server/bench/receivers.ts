import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ADMIN_KEY, request, type SpawnedServer, spawnServer } from '../test/support/server.ts';
import { DEFAULT_GENERATOR, generateEvents } from './event-generator.ts';
import { chosenProtocols } from './protocols/index.ts';
import { type BenchEvent, benchEventOf, type Protocol } from './protocols/protocol.ts';
import { cpuByThread, settledCpuSeconds } from './support/processes.ts';
import { openSender, type SenderPlace } from './support/senders.ts';

/**
 * What each receiver costs from the socket to the durable acknowledgement: the built server as a process of its own,
 * with redaction, sent to over real sockets in each protocol's framing. CPU of the server process from /proc, without
 * the thread that stores; the sender is this process and is not counted. NDJSON is measured first in every run, since
 * on a shared machine only ratios within a run mean something. One server takes a run's protocols one after another.
 *
 *   npm run bench -- receivers [protocol…] [--runs 2] [--count 100000] [--passes 2] [--settled]
 *
 * `--settled` goes on to stored, with the merges done, all processes together, on a server for each protocol.
 */
const REFERENCE = 'ndjson';

interface Figures {
  acceptedUs: number;
  settledUs: number | null;
  ackMs: number[];
  /** Accepted of those sent; below 1 for datagrams that were lost. */
  accepted: number;
}

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '2' },
      count: { type: 'string', default: '100000' },
      passes: { type: 'string', default: '2' },
      settled: { type: 'boolean', default: false },
    },
  });
  const chosen = chosenProtocols(positionals);
  const reference = chosenProtocols([REFERENCE]);
  const protocols = [...reference, ...chosen.filter(({ name }) => name !== REFERENCE)];
  const count = Number(values.count);
  const events = [...generateEvents({ ...DEFAULT_GENERATOR, count })].map((each) => benchEventOf(JSON.stringify(each)));
  print(`${count} events, ${values.passes} times; µs an event; ack in ms`);
  print(
    '| protocol | run | events a message | accept µs | to NDJSON | budget | ack p50 | p99 | settled µs | accepted |',
  );
  print('|---|---|---|---|---|---|---|---|---|---|');
  const options = { passes: Number(values.passes), settled: values.settled };
  for (let run = 1; run <= Number(values.runs); run++) {
    let referenceUs = 0;
    const measureAll = async (some: readonly Protocol[]) => {
      await withServer(async (place) => {
        for (const protocol of some) {
          const figures = await measure(protocol, events, place, options);
          if (protocol.name === REFERENCE) referenceUs = figures.acceptedUs;
          printRow(protocol, run, figures, referenceUs);
        }
      });
    };
    if (!values.settled) await measureAll(protocols);
    else for (const protocol of protocols) await measureAll([protocol]);
  }
}

interface Options {
  passes: number;
  settled: boolean;
}

async function withServer(work: (place: SenderPlace) => Promise<void>): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  const filesDir = join(scratch, 'files');
  mkdirSync(filesDir);
  const server = await spawnServer({ dataDir: join(scratch, 'data'), env: listenersEnv(filesDir) });
  try {
    await work({ server, filesDir });
  } finally {
    await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function listenersEnv(filesDir: string): Record<string, string> {
  const ports = ['SYSLOG_UDP', 'SYSLOG_TCP', 'GELF_UDP', 'GELF_TCP', 'FLUENT_FORWARD_TCP', 'LUMBERJACK_TCP'];
  const keys = ['SYSLOG', 'GELF', 'FLUENT_FORWARD', 'LUMBERJACK', 'FILE_TAIL'];
  return {
    ...Object.fromEntries(ports.map((port) => [`TAILWATER_RECEIVERS_${port}`, '0'])),
    ...Object.fromEntries(keys.map((key) => [`TAILWATER_RECEIVERS_${key}_API_KEY`, ADMIN_KEY])),
    TAILWATER_RECEIVERS_FILE_TAIL_PATHS: join(filesDir, '*.log'),
    TAILWATER_RECEIVERS_FILE_TAIL_SCAN_INTERVAL: '500ms',
  };
}

async function measure(
  protocol: Protocol,
  events: readonly BenchEvent[],
  place: SenderPlace,
  { passes, settled }: Options,
): Promise<Figures> {
  const { server } = place;
  const earlier = await acceptedEvents(server, protocol.receiver);
  const sender = await openSender(protocol, events, place);
  const perPass = Math.floor(events.length / protocol.batch) * protocol.batch;
  const pids = [server.child.pid!, ...server.childPids()];
  // So that the compiler has seen all of it.
  await sender.send();
  const first = await acceptedOnceQuiet(server, protocol.receiver, earlier + perPass);
  const allBefore = settled ? await settledCpuSeconds(pids) : 0;
  const before = acceptSeconds(pids[0]);
  const ackMs: number[] = [];
  for (let pass = 1; pass <= passes; pass++) {
    ackMs.push(...(await sender.send()));
    await acceptedOnceQuiet(server, protocol.receiver, first + perPass * pass);
  }
  const cpu = acceptSeconds(pids[0]) - before;
  const accepted = (await acceptedEvents(server, protocol.receiver)) - first;
  const settledSeconds = settled ? (await settledCpuSeconds(pids)) - allBefore : null;
  sender.close();
  return {
    acceptedUs: (cpu / accepted) * 1e6,
    settledUs: settledSeconds === null ? null : (settledSeconds / accepted) * 1e6,
    ackMs: ackMs.sort((a, b) => a - b),
    accepted: accepted / (perPass * passes),
  };
}

/** The thread that stores has no name, the engine is another process: neither has part in accepting. */
const STORING_THREAD = 'WorkerThread';

function acceptSeconds(pid: number): number {
  let seconds = 0;
  for (const [thread, cpu] of cpuByThread(pid)) if (thread !== STORING_THREAD) seconds += cpu;
  return seconds;
}

async function acceptedEvents(server: SpawnedServer, receiver: string): Promise<number> {
  const metrics = await (await request(server, '/metrics')).text();
  const counts = metrics.matchAll(
    new RegExp(`^tailwater_ingest_events_total\\{.*receiver="${receiver}".*\\} (\\d+)`, 'gm'),
  );
  return [...counts].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Looking costs the server CPU: not too often. */
const LOOK_INTERVAL_MS = 200;
/** After so many looks without a change, what is missing is lost. */
const LOOKS_UNCHANGED_MAX = 15;

/** Waits until so many are durable, or no more come. Returns how many. */
async function acceptedOnceQuiet(server: SpawnedServer, receiver: string, expected: number): Promise<number> {
  let last = -1;
  for (let unchanged = 0; unchanged < LOOKS_UNCHANGED_MAX; unchanged++) {
    const now = await acceptedEvents(server, receiver);
    if (now >= expected) return now;
    if (now !== last) unchanged = 0;
    last = now;
    await sleep(LOOK_INTERVAL_MS);
  }
  return last;
}

function printRow({ name, batch, budgetUs, wire }: Protocol, run: number, figures: Figures, referenceUs: number): void {
  const { acceptedUs, settledUs, ackMs, accepted } = figures;
  const at = (part: number) => (ackMs.length === 0 ? '' : ackMs[Math.floor(ackMs.length * part)].toFixed(1));
  const isSingle = wire.kind === 'datagrams';
  const cells = [name, run, isSingle ? 1 : batch, acceptedUs.toFixed(2), (acceptedUs / referenceUs).toFixed(2)];
  const rest = [budgetUs ?? '', at(0.5), at(0.99), settledUs?.toFixed(2) ?? '', `${(accepted * 100).toFixed(1)} %`];
  print(`| ${[...cells, ...rest].join(' | ')} |`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
