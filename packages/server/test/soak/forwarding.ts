import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createDice } from '../fuzz/mutate.ts';
import { type Fault, type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { eventually, removeTempDirs, request, type SpawnedServer, spawnServer } from '../support/server.ts';

/**
 * Forwarding by the real server. First it is killed with SIGKILL at random moments while its destination fails in every
 * way: everything that was acknowledged must arrive, in order. Then one destination is dead beside four healthy ones
 * under load: nobody may notice, and when it is back it must catch up.
 */
export interface ForwardingOptions {
  seed: number;
  /** 0: the first part is left out. */
  kills: number;
  /** How long the dead destination is dead. 0: the second part is left out. */
  seconds: number;
  eventsPerSecond: number;
  print(line: string): void;
}

const EGRESS = { TAILWATER_EGRESS_MODE: 'any', TAILWATER_EGRESS_PLAIN_HTTP: 'on' };
const HEALTHY = 4;
const LAG_SECONDS_MAX = 2;

export async function forwardingTest(options: ForwardingOptions): Promise<boolean> {
  try {
    const isComplete = options.kills === 0 || (await killed(options));
    const isUndisturbed = options.seconds === 0 || (await beside(options));
    return isComplete && isUndisturbed;
  } finally {
    removeTempDirs();
  }
}

/** What a destination got: each message as often as it came. */
interface Sink {
  port: number;
  events: number;
  messages: string[];
  close(): Promise<void>;
}

/** `keeps`: the messages too, not only their number. */
async function openSink(keeps: boolean): Promise<Sink> {
  const server: Server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of message) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const lines = Buffer.concat(chunks)
      .toString()
      .split('\n')
      .filter((line) => line !== '');
    sink.events += lines.length;
    if (keeps) sink.messages.push(...lines.map((line) => (JSON.parse(line) as { message: string }).message));
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sink: Sink = {
    port: (server.address() as AddressInfo).port,
    events: 0,
    messages: [],
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return sink;
}

async function forwardTo(server: SpawnedServer, name: string, port: number): Promise<string> {
  const response = await request(server, '/api/log-integrations', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name,
      type: 'webhook',
      config: { url: `http://127.0.0.1:${port}/`, batch: 'ndjson', events_max: 500 },
      delivery: { retry_age_max_ms: null },
    }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`the integration was refused: ${response.status} ${text}`);
  return (JSON.parse(text) as { id: string }).id;
}

interface Status {
  state: string;
  lag_events: number;
  lag_seconds: number;
  delivered: number;
  rejected: number;
  skipped: number;
}

async function statusOf(server: SpawnedServer, id: string): Promise<Status> {
  const response = await request(server, `/api/log-integrations/${id}`);
  return ((await response.json()) as { status: Status }).status;
}

async function killed({ seed, kills, print }: ForwardingOptions): Promise<boolean> {
  const dice = createDice(seed);
  const sink = await openSink(true);
  const proxy = await openFaultProxy(sink.port);
  let server = await spawnServer({ env: EGRESS });
  const { dataDir } = server;
  const id = await forwardTo(server, 'kill', proxy.port);
  const load = startLoad(() => server, dice);
  for (let i = 0; i < kills; i++) {
    proxy.set(faultOf(dice));
    await delay(1000 + dice(3000));
    await server.kill();
    server = await spawnServer({ dataDir, env: EGRESS });
  }
  proxy.set({ kind: 'ok' });
  await delay(1000);
  const acknowledged = await load.stop();
  const missing = () => {
    const there = new Set(sink.messages);
    return acknowledged.filter((message) => !there.has(message)).length;
  };
  await eventually(async () => (missing() === 0 ? true : undefined), 120_000).catch(() => undefined);
  const { rejected, skipped } = await statusOf(server, id);
  const lost = missing();
  await server.stop();
  await proxy.close();
  await sink.close();
  const first = [...new Set(sink.messages)];
  const displaced = outOfOrder(first);
  print(
    `forwarding seed=${seed}: ${kills} kills, ${acknowledged.length} events acknowledged, ${sink.messages.length} received, ` +
      `${lost} lost, ${sink.messages.length - first.length} came again, ${displaced} out of order, ` +
      `${rejected} rejected, ${skipped} skipped`,
  );
  return lost === 0 && displaced === 0 && rejected === 0 && skipped === 0 && acknowledged.length > 0;
}

function faultOf(dice: (below: number) => number): Fault {
  const faults: Fault[] = [
    { kind: 'ok' },
    { kind: 'ok' },
    { kind: 'refuse' },
    { kind: 'reset-answer', afterBytes: dice(100) },
    { kind: 'reset-request', afterBytes: dice(20_000) },
    { kind: 'latency', ms: 20 },
    { kind: 'stall' },
  ];
  return faults[dice(faults.length)]!;
}

/** One client, so that its numbers are in the journal's order. Resolves with what was acknowledged. */
function startLoad(server: () => SpawnedServer, dice: (below: number) => number): { stop(): Promise<string[]> } {
  const acknowledged: string[] = [];
  let running = true;
  let next = 0;
  const client = async () => {
    while (running) {
      const messages = Array.from({ length: 1 + dice(100) }, () => `event ${next++}`);
      const body = messages.map((message) => JSON.stringify({ message })).join('\n');
      try {
        const response = await request(server(), '/api/logs', { method: 'POST', body });
        await response.arrayBuffer();
        if (response.status === 202) acknowledged.push(...messages);
      } catch {
        await delay(20);
      }
      await delay(5);
    }
  };
  const done = client();
  return {
    stop: async () => {
      running = false;
      await done;
      return acknowledged;
    },
  };
}

function outOfOrder(messages: readonly string[]): number {
  let highest = -1;
  let displaced = 0;
  for (const message of messages) {
    const number = Number(message.slice('event '.length));
    if (number < highest) displaced++;
    highest = Math.max(highest, number);
  }
  return displaced;
}

async function beside({ seconds, eventsPerSecond, print }: ForwardingOptions): Promise<boolean> {
  const sinks = await Promise.all(Array.from({ length: HEALTHY + 1 }, () => openSink(false)));
  const deadSink = sinks[HEALTHY]!;
  const proxy: FaultProxy = await openFaultProxy(deadSink.port);
  proxy.set({ kind: 'refuse' });
  const server = await spawnServer({ env: EGRESS });
  const load = startRate(server, eventsPerSecond);
  await delay(10_000);
  const alone = load.takeLatencies();
  const healthy: string[] = [];
  for (const [i, { port }] of sinks.slice(0, HEALTHY).entries()) {
    healthy.push(await forwardTo(server, `healthy ${i}`, port));
  }
  const dead = await forwardTo(server, 'dead', proxy.port);
  const lags = await watched(server, healthy, seconds);
  const forwarding = load.takeLatencies();
  const waiting = (await statusOf(server, dead)).lag_events;
  proxy.set({ kind: 'ok' });
  const back = await caughtUp(server, dead, deadSink);
  const lagsMeanwhile = await watched(server, healthy, 2);
  const sent = await load.stop();
  const statuses = await Promise.all([...healthy, dead].map((id) => settled(server, id)));
  await server.stop();
  await proxy.close();
  for (const sink of sinks) await sink.close();
  const lag = Math.max(...lags, ...lagsMeanwhile);
  const whole = sinks.every(({ events }, i) => events >= statuses[i]!.delivered && statuses[i]!.skipped === 0);
  print(`${eventsPerSecond} events/s for ${seconds} s, ${sent} sent; ${HEALTHY} healthy destinations and a dead one`);
  print(`acknowledged in ${told(alone)} without, in ${told(forwarding)} with forwarding`);
  print(`healthy: lag at most ${lag.toFixed(2)} s, delivered ${statuses.map(({ delivered }) => delivered).join(', ')}`);
  print(`dead: ${waiting} events waited, ${back.events} came in ${back.seconds.toFixed(1)} s: ${back.rate} a second`);
  return lag < LAG_SECONDS_MAX && whole && statuses.every(({ lag_events: left }) => left === 0);
}

async function watched(server: SpawnedServer, ids: readonly string[], seconds: number): Promise<number[]> {
  const lags: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    for (const id of ids) lags.push((await statusOf(server, id)).lag_seconds);
    await delay(300);
  }
  return lags;
}

/** From its first event until nothing waits, beside the load. */
async function caughtUp(server: SpawnedServer, id: string, sink: Sink) {
  await eventually(async () => (sink.events > 0 ? true : undefined), 400_000);
  const startMs = performance.now();
  const before = sink.events;
  await eventually(async () => ((await statusOf(server, id)).lag_seconds < 1 ? true : undefined), 400_000);
  const elapsed = (performance.now() - startMs) / 1000;
  const events = sink.events - before;
  return { events, seconds: elapsed, rate: Math.round(events / elapsed) };
}

async function settled(server: SpawnedServer, id: string): Promise<Status> {
  return eventually(async () => {
    const status = await statusOf(server, id);
    return status.state === 'idle' ? status : undefined;
  }, 60_000);
}

function startRate(server: SpawnedServer, eventsPerSecond: number) {
  const perRequest = 250;
  const everyMs = (perRequest / eventsPerSecond) * 1000;
  let latencies: number[] = [];
  let running = true;
  let sent = 0;
  const under = new Set<Promise<void>>();
  const padding = 'a line of a log that says what happened to whom, and why '.repeat(3);
  const send = async () => {
    const lines = Array.from({ length: perRequest }, () =>
      JSON.stringify({ message: `event ${sent++} ${padding}`, service: 'soak', status: 200, duration_ms: 12.5 }),
    );
    const startMs = performance.now();
    const response = await request(server, '/api/logs', { method: 'POST', body: lines.join('\n') });
    await response.arrayBuffer();
    if (response.status !== 202) throw new Error(`ingest answered ${response.status}`);
    latencies.push(performance.now() - startMs);
  };
  const loop = async () => {
    let dueMs = performance.now();
    while (running) {
      const work = send();
      under.add(work);
      void work.finally(() => under.delete(work));
      dueMs += everyMs;
      await delay(Math.max(0, dueMs - performance.now()));
    }
    await Promise.all(under);
  };
  const done = loop();
  return {
    takeLatencies: () => {
      const taken = latencies;
      latencies = [];
      return taken;
    },
    stop: async () => {
      running = false;
      await done;
      return sent;
    },
  };
}

function told(latencies: number[]): string {
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (q: number) => (sorted[Math.floor(sorted.length * q)] ?? Number.NaN).toFixed(1);
  return `${quantile(0.5)} ms (p99 ${quantile(0.99)} ms)`;
}
