import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLiveTail } from '../src/consumers/live-tail/live-tail.ts';
import { openDiskJournal } from '../src/journal/disk/journal.ts';
import type { Condition } from '../src/query/plan.ts';
import { type BenchFrame, framesOf } from './support/frames.ts';

/**
 * What live tail costs: CPU of its own thread and of the main thread, which sockets share, with none to many readers
 * of the busiest org, and how long after the acknowledgement an event is there. Frames are appended at a fixed rate;
 * what a run without tail costs is taken off. Readers take at once: what a socket costs comes on top.
 *   npm run bench -- tail [--count 200000] [--rate 20000] [--readers 0,1,10,100]
 */
interface Run {
  readers: number;
  condition: Condition | null;
}

interface Figures {
  /** CPU of the whole process and of the main thread alone, µs. */
  processUs: number;
  mainUs: number;
  handedOut: number;
  missed: number;
  latenciesMs: number[];
}

const ORG = 'acme';
const ERRORS: Condition = { kind: 'severity', ranges: [[17, 24]] };

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '200000' },
      rate: { type: 'string', default: '20000' },
      readers: { type: 'string', default: '0,1,10,100' },
    },
  });
  const count = Number(values.count);
  const frames = framesOf(count);
  const matching = frames.reduce((sum, { orgId, rows }) => sum + (orgId === ORG ? rows : 0), 0);
  print(`${count} events in ${frames.length} frames, ${matching} of the org that is read, ${values.rate} a second`);
  await measure(frames, Number(values.rate), null);
  const base = await measure(frames, Number(values.rate), null);
  print(`appending alone: ${(base.processUs / count).toFixed(2)} µs an event`);
  print('readers filter | tail thread, main thread: µs per journaled event | µs per event handed out | ack to reader');
  for (const readers of values.readers.split(',').map(Number)) {
    for (const condition of readers === 0 ? [null] : [null, ERRORS]) {
      const run = { readers, condition };
      report(run, base, await measure(frames, Number(values.rate), run), count);
    }
  }
}

function report({ readers, condition }: Run, base: Figures, figures: Figures, count: number): void {
  const mainUs = figures.mainUs - base.mainUs;
  const tailUs = figures.processUs - base.processUs - mainUs;
  const latencies = figures.latenciesMs.sort((a, b) => a - b);
  const quantile = (q: number) => latencies[Math.floor(latencies.length * q)]?.toFixed(0) ?? '-';
  const perHandedOut = figures.handedOut === 0 ? '-' : ((tailUs + mainUs) / figures.handedOut).toFixed(2);
  print(
    `${String(readers).padStart(7)} ${condition === null ? 'none  ' : 'errors'} | ` +
      `${(tailUs / count).toFixed(2)}, ${(mainUs / count).toFixed(2)} | ${perHandedOut} of ${figures.handedOut}, ` +
      `${figures.missed} missed | median ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`,
  );
}

/** Appends all frames at the rate; `run` null: without live tail. */
async function measure(frames: readonly BenchFrame[], rate: number, run: Run | null): Promise<Figures> {
  const home = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  const dir = join(home, 'journal');
  const { writer, progress } = await openDiskJournal({ dir, node: 0 });
  const limits = { subscriptionsPerOrgMax: 1000, subscriptionsMax: 1000 };
  const onFailure = (error: Error) => {
    throw error;
  };
  const liveTail = createLiveTail({ journalDir: dir, progress: progress.buffer, node: 0, onFailure, ...limits });
  const acknowledgedMs = new Map<number, number>();
  const latenciesMs: number[] = [];
  for (let i = 0; i < (run?.readers ?? 0); i++) {
    const subscription = await liveTail.open({ orgId: ORG, condition: run!.condition, onEnd: () => {} });
    await subscription.start('end', async ({ events }) => {
      for (const { eventId } of i === 0 ? events : []) {
        // The acknowledgement may be on its way yet when the event is here already.
        const atMs = acknowledgedMs.get(Number.parseInt(eventId.slice(4, 16), 16)) ?? performance.now();
        latenciesMs.push(performance.now() - atMs);
      }
    });
  }
  const append = async (part: readonly BenchFrame[]) => {
    const startMs = performance.now();
    let sent = 0;
    for (const { payload, rows } of part) {
      await sleep(Math.max(0, startMs + (sent / rate) * 1000 - performance.now()));
      sent += rows;
      void writer.append([payload]).then((position) => acknowledgedMs.set(position, performance.now()));
    }
    await sleep(500);
  };
  // The threads compile what is hot in the meantime.
  await append(frames.slice(0, frames.length / 2));
  latenciesMs.length = 0;
  const before = { ...liveTail.counts };
  const processBefore = process.cpuUsage();
  const mainBefore = process.threadCpuUsage();
  await append(frames);
  const processAfter = process.cpuUsage(processBefore);
  const mainAfter = process.threadCpuUsage(mainBefore);
  const events = liveTail.counts.events - before.events;
  const missed = liveTail.counts.missed - before.missed;
  await liveTail.close();
  await writer.close();
  rmSync(home, { recursive: true, force: true });
  const sum = ({ user, system }: { user: number; system: number }) => user + system;
  return { processUs: sum(processAfter), mainUs: sum(mainAfter), handedOut: events, missed, latenciesMs };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
