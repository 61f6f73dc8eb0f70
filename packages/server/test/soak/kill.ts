import { createDice } from '../fuzz/mutate.ts';
import { allEvents, eventually, removeTempDirs, request, type SpawnedServer, spawnServer } from '../support/server.ts';

/**
 * Kills the server and the embedded engine with SIGKILL at random moments under load, then compares what was
 * acknowledged with what is stored: every acknowledged event exactly once, every request whole or not at all.
 */
export interface KillOptions {
  seed: number;
  serverKills: number;
  engineKills: number;
  print(line: string): void;
}

const CLIENTS = 4;
const START_MS_MAX = 5_000;

interface Load {
  /** Requests by number, with their events and whether they were acknowledged. */
  sent: Map<number, { events: number; acknowledged: boolean }>;
  stop(): Promise<void>;
}

export async function killTest({ seed, serverKills, engineKills, print }: KillOptions): Promise<boolean> {
  const dice = createDice(seed);
  const state = { server: await spawnServer() };
  const { dataDir } = state.server;
  const load = startLoad(() => state.server, dice);
  const startsMs: number[] = [];
  const order = [...Array(serverKills).fill('server'), ...Array(engineKills).fill('engine')].sort(() => dice(2) - 0.5);
  for (const victim of order) {
    await new Promise((resolve) => setTimeout(resolve, 100 + dice(1500)));
    if (victim === 'engine') {
      for (const pid of state.server.childPids()) process.kill(pid, 'SIGKILL');
      continue;
    }
    await state.server.kill();
    const startedAt = performance.now();
    state.server = await spawnServer({ dataDir, beforeStore: true });
    startsMs.push(performance.now() - startedAt);
  }
  await load.stop();
  const result = await compare(state.server, load.sent);
  await state.server.stop();
  removeTempDirs();
  const slowest = Math.round(Math.max(0, ...startsMs));
  print(
    `kill seed=${seed}: ${serverKills} server and ${engineKills} engine kills, ${result.summary}, slowest start ${slowest} ms`,
  );
  return result.ok && slowest < START_MS_MAX;
}

function startLoad(server: () => SpawnedServer, dice: (below: number) => number): Load {
  const sent: Load['sent'] = new Map();
  let running = true;
  let next = 0;
  const client = async () => {
    while (running) {
      const number = next++;
      const events = 1 + dice(200);
      sent.set(number, { events, acknowledged: false });
      const body = Array.from({ length: events }, (_, i) =>
        JSON.stringify({
          message: `request ${number} event ${i}`,
          service: 'kill-test',
          request_no: number,
          event_no: i,
        }),
      ).join('\n');
      try {
        const response = await request(server(), '/api/logs', { method: 'POST', body });
        if (response.status === 202) sent.get(number)!.acknowledged = true;
        await response.arrayBuffer();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  return {
    sent,
    stop: async () => {
      running = false;
      await Promise.all(clients);
    },
  };
}

async function compare(server: SpawnedServer, sent: Load['sent']): Promise<{ ok: boolean; summary: string }> {
  let acknowledged = 0;
  for (const request of sent.values()) if (request.acknowledged) acknowledged += request.events;
  const stored = await eventually(async () => {
    const events = await allEvents(server, 'service=kill-test&from=-1d&order=asc');
    // The store writer is through when a later count finds no more.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const again = await allEvents(server, 'service=kill-test&from=-1d&order=asc');
    return events.length >= acknowledged && again.length === events.length ? again : undefined;
  }, 60_000);
  const seen = new Map<number, Set<number>>();
  let doubled = 0;
  for (const { metadata } of stored as { metadata: { request_no: number; event_no: number } }[]) {
    const events = seen.get(metadata.request_no) ?? new Set();
    if (events.has(metadata.event_no)) doubled++;
    events.add(metadata.event_no);
    seen.set(metadata.request_no, events);
  }
  let lost = 0;
  let half = 0;
  for (const [number, request] of sent) {
    const found = seen.get(number)?.size ?? 0;
    if (request.acknowledged && found < request.events) lost += request.events - found;
    if (!request.acknowledged && found !== 0 && found !== request.events) half++;
  }
  const summary = `${sent.size} requests, ${acknowledged} events acknowledged, ${stored.length} stored, ${lost} lost, ${doubled} doubled, ${half} requests half there`;
  return { ok: lost === 0 && doubled === 0 && half === 0 && acknowledged > 0, summary };
}
