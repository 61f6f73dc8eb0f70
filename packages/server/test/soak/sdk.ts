import { setTimeout as delay } from 'node:timers/promises';
import type { TailwaterStats } from '@tailwater/sdk';
import { createDice } from '../fuzz/mutate.ts';
import { type SdkProcess, startSdkProcess } from '../support/sdk-process.ts';
import { ADMIN_KEY, allEvents, removeTempDirs, spawnServer, tempDir } from '../support/server.ts';

/**
 * Programs that use the Node SDK with its spool, while the server is killed at random, and one of the programs too:
 * every event that a living program emitted, and every event that a killed one had flushed, is in the store exactly once.
 */
export interface SdkSoakOptions {
  seed: number;
  serverKills: number;
  programKills: number;
  print(line: string): void;
}

const PROGRAMS = 3;
const BURST_EVENTS = 50;
const SERVICE = 'sdk-soak';

/** Null when the program was killed meanwhile. */
async function emitAndFlush(program: SdkProcess, from: number): Promise<TailwaterStats | null> {
  const done = program
    .run({ do: 'emit', from, to: from + BURST_EVENTS })
    .then(() => program.run({ do: 'flush' }))
    .catch(() => null);
  return Promise.race([done, program.ended.then(() => null)]);
}

const WAIT_MS_MAX = 120_000;

const missingOf = (safe: ReadonlySet<number>, counts: ReadonlyMap<number, number>): number[] =>
  [...safe].filter((number) => !counts.has(number));

/** How often each event is in the store, once nothing is missing or nothing comes any more. */
async function settledCounts(server: { url: string }, safe: ReadonlySet<number>, hurry: () => Promise<unknown>) {
  const deadline = performance.now() + WAIT_MS_MAX;
  for (let before = -1; ; ) {
    await hurry();
    await delay(2_000);
    const counts = new Map<number, number>();
    const events = await allEvents(server, `service=${SERVICE}&from=-1d`);
    for (const { metadata } of events as { metadata: { number: number } }[]) {
      counts.set(metadata.number, (counts.get(metadata.number) ?? 0) + 1);
    }
    const isSettled = events.length === before && missingOf(safe, counts).length === 0;
    if (isSettled || performance.now() > deadline) return counts;
    before = events.length;
  }
}

export async function sdkTest({ seed, serverKills, programKills, print }: SdkSoakOptions): Promise<boolean> {
  const dice = createDice(seed);
  const dir = tempDir();
  let server = await spawnServer();
  const { dataDir, httpPort } = server;
  const startProgram = () =>
    startSdkProcess({
      url: `http://127.0.0.1:${httpPort}`,
      apiKey: ADMIN_KEY,
      service: SERVICE,
      flushIntervalMs: 100,
      spool: { dir, syncEachMs: 20 },
    });
  const programs = Array.from({ length: PROGRAMS }, startProgram);
  const safe = new Set<number>();
  let next = 0;
  let running = true;
  /** Emits and flushes on and on. What was flushed must arrive, whatever happens then. */
  const emitting = programs.map(async (_, i) => {
    while (running) {
      const from = next;
      next += BURST_EVENTS;
      const stats = await emitAndFlush(programs[i], from);
      if (stats?.waiting === 0) for (let n = from; n < from + BURST_EVENTS; n++) safe.add(n);
      await delay(50 + dice(100));
    }
  });
  const victims = [...Array(serverKills).fill('server'), ...Array(programKills).fill('program')];
  for (const victim of victims.sort(() => dice(2) - 0.5)) {
    await delay(100 + dice(1500));
    if (victim === 'program') {
      const i = dice(PROGRAMS);
      await programs[i].end('SIGKILL');
      programs[i] = startProgram();
      continue;
    }
    await server.kill();
    await delay(dice(1000));
    server = await spawnServer({ dataDir, args: ['--http-port', String(httpPort)], beforeStore: true });
  }
  running = false;
  await Promise.all(emitting);
  await Promise.all(programs.map((program) => program.run({ do: 'close' })));
  for (const program of programs) await program.end('SIGTERM');
  // Whatever a killed program left is sent by the next one.
  const last = startProgram();
  const counts = await settledCounts(server, safe, () => last.run({ do: 'flush' }));
  await last.run({ do: 'close' });
  await last.end('SIGTERM');
  await server.stop();
  removeTempDirs();
  const lost = missingOf(safe, counts).length;
  const doubled = [...counts.values()].filter((count) => count > 1).length;
  print(
    `sdk seed=${seed}: ${serverKills} server and ${programKills} program kills, ${next} events emitted, ${safe.size} flushed, ${counts.size} stored, ${lost} lost, ${doubled} doubled`,
  );
  return lost === 0 && doubled === 0 && safe.size > 0;
}
