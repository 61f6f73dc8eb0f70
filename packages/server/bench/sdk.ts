import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { TailwaterStats } from '@tailwater/sdk';

/**
 * The Node SDK against pino and console.log, each in a process of its own that writes to a pipe and to a file: CPU of a
 * call in the caller, and of an event in the whole process, with all its threads. Then memory while the server is away.
 *   npm run bench -- sdk [--events 40000] [--dead-seconds 20]
 */
const LOGGERS = [
  'tailwater, stdout',
  'tailwater, stdout, no redaction',
  'tailwater, sent',
  'tailwater, stdout and sent',
  'pino',
  'pino, asynchronous',
  'console.log',
];

interface Figures {
  allMicros: number;
  callMicros: number;
  p999Micros: number;
}

interface DeadFigures {
  emitted: number;
  stats: TailwaterStats;
  firstMib: number;
  maxMib: number;
  micros: number;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { events: { type: 'string', default: '40000' }, 'dead-seconds': { type: 'string', default: '20' } },
  });
  const scratch = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  const sink = await startSink();
  try {
    print('µs of CPU              in the caller   99.9th percentile   in all');
    for (const target of ['pipe', 'file']) {
      const path = target === 'file' ? join(scratch, 'out') : null;
      for (const logger of LOGGERS) {
        const figures = (await runChild([logger, values.events, sink.url], path)) as Figures;
        const numbers = [figures.callMicros, figures.p999Micros, figures.allMicros].map((micros) => micros.toFixed(2));
        print(`${target}, ${logger.padEnd(34)} ${numbers.map((number) => number.padStart(9)).join(' ')}`);
      }
    }
    // Nobody listens there any more.
    sink.close();
    printDead((await runChild(['server dead', values['dead-seconds'], sink.url], null)) as DeadFigures);
  } finally {
    sink.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

const print = (line: string) => void process.stdout.write(`${line}\n`);

function printDead({ emitted, stats, firstMib, maxMib, micros }: DeadFigures): void {
  const lost = Object.values(stats.lost).reduce((sum, count) => sum + count, 0);
  print(`\nserver dead, 20,000 events/s: ${emitted} emitted, ${micros.toFixed(2)} µs each in all`);
  print(`memory ${firstMib.toFixed(0)} MiB after 5 s, at most ${maxMib.toFixed(0)} MiB; ${stats.retries} attempts`);
  const isCounted = stats.waiting + lost === emitted;
  print(
    `${stats.waiting} wait, ${lost} dropped (${JSON.stringify(stats.lost)}); counted: ${isCounted ? 'all' : 'NOT ALL'}`,
  );
}

/** Runs sdk-child, its stdout read here or written to a file; resolves with what it reports. */
async function runChild(args: string[], path: string | null): Promise<unknown> {
  const script = join(import.meta.dirname, `sdk-child${extname(import.meta.url)}`);
  const file = path === null ? null : openSync(path, 'w');
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', file ?? 'pipe', 'inherit', 'pipe'] });
  if (file !== null) closeSync(file);
  child.stdout?.resume();
  let report = '';
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
    report += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  return JSON.parse(report);
}

/** A server that takes everything and looks at nothing: it is not what is measured. */
async function startSink(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const header = String(request.headers['x-tailwater-producer'] ?? '');
    const accepted = Number(/count=(\d+)/.exec(header)?.[1] ?? 0);
    request.resume().on('end', () => {
      const isBatch = request.url === '/api/logs';
      response.writeHead(isBatch ? 202 : 200, { 'content-type': 'application/json' });
      const checkedIn = { log_levels: [], next_check_in_ms: 5000 };
      response.end(JSON.stringify(isBatch ? { accepted, rejected: [], position: '1' } : checkedIn));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
