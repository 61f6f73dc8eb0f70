import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { severityNumberOfText } from '@tailwater/schema';
import { fillAttributeTypes } from '../src/batch/attribute-types.ts';
import { EventBatch, KIND } from '../src/batch/event-batch.ts';
import { FIELD } from '../src/batch/fields.ts';
import { encodeFrame } from '../src/batch/frame.ts';
import { DEFAULT_LIMITS } from '../src/batch/limits.ts';
import { SymbolTable } from '../src/batch/symbol-table.ts';
import { createLiveTail } from '../src/consumers/live-tail/live-tail.ts';
import { openDiskJournal } from '../src/journal/disk/journal.ts';
import type { Condition } from '../src/query/plan.ts';
import { DEFAULT_GENERATOR, type GeneratedEvent, generateEvents } from './event-generator.ts';

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

interface Frame {
  orgId: string;
  rows: number;
  payload: Buffer;
}

const FRAME_EVENTS = 500;
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
async function measure(frames: readonly Frame[], rate: number, run: Run | null): Promise<Figures> {
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
  const append = async (part: readonly Frame[]) => {
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

/** The generated events, each org's in frames of its own. */
function framesOf(count: number): Frame[] {
  const batch = new EventBatch(new SymbolTable(), DEFAULT_LIMITS);
  const waiting = new Map<string, GeneratedEvent[]>();
  const frames: Frame[] = [];
  for (const event of generateEvents({ ...DEFAULT_GENERATOR, count })) {
    const ofOrg = waiting.get(event.org) ?? [];
    ofOrg.push(event);
    waiting.set(event.org, ofOrg);
    if (ofOrg.length === FRAME_EVENTS) frames.push(frameOf(batch, event.org, ofOrg.splice(0)));
  }
  for (const [org, events] of waiting) if (events.length > 0) frames.push(frameOf(batch, org, events));
  return frames;
}

function frameOf(batch: EventBatch, orgId: string, events: readonly GeneratedEvent[]): Frame {
  batch.clear();
  for (const event of events) addRow(batch, event);
  const receivedAtMs = Date.now();
  batch.org.fill(batch.symbols.internText(orgId), batch.rows);
  batch.receiver.fill(batch.symbols.internText('otlp'), batch.rows);
  batch.receivedAt.fillNumber(receivedAtMs, batch.rows);
  batch.retentionDays.fill(30, batch.rows);
  fillAttributeTypes(batch);
  return { orgId, rows: batch.rows, payload: encodeFrame(batch, { orgId, receiver: 'otlp', receivedAtMs }) };
}

function addRow(batch: EventBatch, event: GeneratedEvent): void {
  batch.beginRow();
  batch.setText(FIELD.message, event.message);
  batch.setText(FIELD.logType, event.log_type);
  batch.setText(FIELD.eventType, event.event_type);
  batch.setText(FIELD.service, event.service);
  batch.setText(FIELD.host, event.host);
  batch.setText(FIELD.traceId, event.trace_id);
  batch.setText(FIELD.userId, event.user_id);
  batch.setSeverityNumber(severityNumberOfText(event.severity));
  const timestampNs = BigInt(Date.parse(event.ts)) * 1_000_000n;
  batch.setTimestamp(Number(timestampNs & 0xffff_ffffn), Number(timestampNs >> 32n));
  if (event.duration_ms !== undefined) batch.setDurationMs(event.duration_ms);
  if (event.cost !== undefined) batch.setCost(event.cost);
  for (const [name, value] of Object.entries(event.metadata)) {
    const kind = typeof value === 'number' ? KIND.number : typeof value === 'boolean' ? KIND.bool : KIND.string;
    batch.addAttribute(name, kind, String(value));
  }
  batch.endRow();
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
