import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN_KEY, spawnServer } from '../test/support/server.ts';
import { type Exchange, httpAnswerEnd, httpRequest, openExchange } from './support/exchange.ts';
import { cpuByThread } from './support/processes.ts';

/**
 * Requests of one event from 64 clients: CPU a request by thread, and the time to the acknowledgement. The sender
 * writes prepared bytes: one that has to make each request keeps a server on two cores half idle, and is then what is
 * measured.
 */
const CLIENTS = 64;
const REQUESTS = 100_000;
const WARM_UP = 40_000;

export async function main(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  const server = await spawnServer({ dataDir: join(scratch, 'data') });
  try {
    const exchanges = await Promise.all(
      Array.from({ length: CLIENTS }, () => openExchange(server.httpPort, httpAnswerEnd)),
    );
    await sendAll(exchanges, WARM_UP);
    const before = cpuByThread(server.child.pid!);
    const startedAt = performance.now();
    const times = await sendAll(exchanges, REQUESTS);
    const seconds = (performance.now() - startedAt) / 1000;
    const threads = [...cpuByThread(server.child.pid!)].map(([name, cpu]) => ({
      name,
      us: ((cpu - (before.get(name) ?? 0)) / REQUESTS) * 1e6,
    }));
    print(times, seconds, threads);
    for (const exchange of exchanges) exchange.close();
  } finally {
    await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Sends so many, one under way on each connection. Resolves with the ms that each took. */
async function sendAll(exchanges: readonly Exchange[], count: number): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const run = async (exchange: Exchange) => {
    while (next < count) {
      const request = requestOf(next++);
      const startedAt = performance.now();
      const answer = await exchange.send(request);
      if (!answer.startsWith('HTTP/1.1 202')) throw new Error(answer);
      times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(exchanges.map(run));
  return times.sort((a, b) => a - b);
}

function requestOf(number: number): Buffer {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
  const event = `{"message":"request ${number} done","severity":"info","service":"bench","status":200}`;
  return httpRequest('/api/logs', headers, Buffer.from(event));
}

function print(times: readonly number[], seconds: number, threads: readonly { name: string; us: number }[]): void {
  const at = (part: number) => times[Math.floor(times.length * part)].toFixed(1);
  const total = threads.reduce((sum, { us }) => sum + us, 0);
  const shown = threads.filter(({ us }) => us >= 0.5).map(({ name, us }) => `${name} ${us.toFixed(1)}`);
  const rate = Math.round(times.length / seconds);
  process.stdout.write(
    `one-event requests, ${CLIENTS} clients: ${rate}/s, CPU ${total.toFixed(0)} µs a request (${shown.join(', ')}), ack p50 ${at(0.5)} p99 ${at(0.99)} ms\n`,
  );
}
