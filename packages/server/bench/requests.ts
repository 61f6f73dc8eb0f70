import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN_KEY, spawnServer } from '../test/support/server.ts';
import { inParallel, openPoster } from './support/post.ts';
import { cpuSeconds } from './support/processes.ts';

/** Requests of one event from 64 clients: CPU a request and the time to the acknowledgement. */
const CLIENTS = 64;
const REQUESTS = 40_000;
const WARM_UP = 8_000;

export async function main(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  const server = await spawnServer({ dataDir: join(scratch, 'data') });
  try {
    const poster = openPoster(server.url, CLIENTS);
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
    const times: number[] = [];
    const send = async (number: number) => {
      const body = Buffer.from(`{"message":"request ${number} done","severity":"info","service":"bench","status":200}`);
      const startedAt = performance.now();
      const { status, text } = await poster.post('/api/logs', body, headers);
      if (status !== 202) throw new Error(`${status} ${text}`);
      times.push(performance.now() - startedAt);
    };
    await inParallel(Array(WARM_UP).keys(), CLIENTS, send);
    times.length = 0;
    const before = cpuSeconds(server.child.pid!);
    const startedAt = performance.now();
    await inParallel(Array(REQUESTS).keys(), CLIENTS, send);
    const seconds = (performance.now() - startedAt) / 1000;
    const cpu = cpuSeconds(server.child.pid!) - before;
    times.sort((a, b) => a - b);
    const at = (part: number) => times[Math.floor(times.length * part)].toFixed(1);
    process.stdout.write(
      `one-event requests, ${CLIENTS} clients: ${Math.round(REQUESTS / seconds)}/s, CPU ${((cpu / REQUESTS) * 1e6).toFixed(0)} µs a request (server process), ack p50 ${at(0.5)} p99 ${at(0.99)} ms\n`,
    );
    poster.close();
  } finally {
    await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}
