import { expect } from 'vitest';
import { PermanentError, RetryableError } from '../../../src/runtime/errors.ts';
import { Random } from '../../sim/random.ts';
import type { Bed, BedMaker } from './bed.ts';
import { Ledger } from './ledger.ts';
import { until } from './raw.ts';
import type { Script } from './scripted-ingest.ts';
import { messagesOf, type OpenWay, type OutcomeRow, type OutcomeSender, type Patience } from './way.ts';

const SENDERS = 4;
const BATCHES = 6;
const BATCH_EVENTS = 3;
const PATIENT: Patience = { tries: 100, waitMs: 10_000 };
/** For what never succeeds. */
const IMPATIENT: Patience = { tries: 2, waitMs: 60 };

const RETRYABLE = ['overloaded', 'rate_limited', 'disk_full', 'journal_unavailable', 'shutting_down'] as const;
const PERMANENT = ['forbidden', 'payload_too_large', 'invalid_body', 'too_many_events', 'unauthenticated'] as const;

const retryable = (serial: number) => new RetryableError(RETRYABLE[serial % RETRYABLE.length]!, 'not now', 1);
const permanent = (serial: number) => new PermanentError(PERMANENT[serial % PERMANENT.length]!, 'never so');

export const SHORT_OF_MEMORY = 'always ok, with memory now and then';

/** How `accept` fares. `mixed` is a function of the seed and of the order in which tasks come. */
export const MODES = {
  'always ok': () => () => null,
  [SHORT_OF_MEMORY]: () => () => null,
  'always retryable': () => {
    let serial = 0;
    return () => retryable(serial++);
  },
  'always permanent': () => {
    let serial = 0;
    return () => permanent(serial++);
  },
  mixed: (seed: number) => {
    const random = new Random(seed);
    const kinds = {
      ok: () => null,
      retryable: () => retryable(random.int(9)),
      permanent: () => permanent(random.int(9)),
    };
    return () => kinds[random.weighted({ ok: 5, retryable: 4, permanent: 2 })]();
  },
} satisfies Record<string, (seed: number) => Script>;

export type Mode = keyof typeof MODES;

/**
 * Four senders at a time. In the end what was accepted and what was refused is what was sent, nothing is acknowledged
 * that was not accepted, and nothing is kept in memory.
 */
export async function runOutcomes(beds: BedMaker, row: OutcomeRow, mode: Mode, seed: number): Promise<void> {
  const bed = await beds.make(MODES[mode](seed));
  if (mode === SHORT_OF_MEMORY) {
    const random = new Random(seed);
    bed.ingest.isFull = () => random.chance(0.3);
  }
  const way = await row.open(bed);
  const ledger = new Ledger();
  const patience = isHopeless(mode) ? IMPATIENT : PATIENT;
  const isCounted = row.learns === 'none' && (row.closesOnRefusal !== true || isOk(mode));
  try {
    await withSenders(way, (sender, index) => sendAll(sender, index, ledger, patience));
    if (isCounted && mode !== 'always retryable') await settled(bed, ledger);
    const { ingest } = bed;
    const isRead = () => row.learns !== 'kept' || ingest.submitted >= SENDERS;
    await until(isRead, () => ingest.submitted);
  } finally {
    await closeTwice(way);
  }
  if (isCounted) await settled(bed, ledger);
  if (row.learns === 'kept') await readAgain(bed, row, ledger);
  ledger.check(bed, row);
  await checkMode(bed, row, mode, ledger);
}

const isOk = (mode: Mode) => mode === 'always ok' || mode === SHORT_OF_MEMORY;
const isHopeless = (mode: Mode) => mode === 'always retryable' || mode === 'always permanent';

async function checkMode(bed: Bed, { learns, listener }: OutcomeRow, mode: Mode, ledger: Ledger): Promise<void> {
  // Datagrams cannot be made to wait.
  const isSafe = isOk(mode) && (mode === 'always ok' || listener !== 'udp');
  if (isSafe || (mode === 'mixed' && learns === 'acknowledgements')) ledger.expectAllTaken(bed, learns);
  if (!isHopeless(mode)) return;
  expect(bed.admission.attempts.list(null, true)).not.toEqual([]);
  if (learns !== 'kept') expect(bed.ingest.acceptedCount).toBe(0);
  // What is given up when the port closes is counted behind that.
  const isCounted = () => learns !== 'none' || Object.keys(bed.counts).length > 0;
  await until(isCounted, () => 'nothing counted');
}

async function sendAll(sender: OutcomeSender, index: number, ledger: Ledger, patience: Patience): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch++) {
    const messages = messagesOf(index, batch, BATCH_EVENTS);
    ledger.note(messages, await sender.send(messages, patience));
  }
}

async function withSenders(
  way: OpenWay,
  work: (sender: OutcomeSender, index: number) => Promise<void>,
  before?: () => Promise<void>,
): Promise<void> {
  const senders = Array.from({ length: SENDERS }, (_, index) => way.sender(index));
  try {
    await Promise.all([...senders.map(work), before?.()]);
  } finally {
    for (const sender of senders) sender.close();
  }
}

/** DESIGN §6: stopping is safe twice. */
async function closeTwice(way: OpenWay): Promise<void> {
  await Promise.all([way.close(), way.close()]);
  await way.close();
}

/** Resolves once everything that was sent is accepted or counted. */
async function settled(bed: Bed, ledger: Ledger): Promise<void> {
  const isSettled = () => ledger.isAccountedFor(bed);
  await until(isSettled, () => ({ sent: ledger.sent, accepted: bed.ingest.acceptedCount, counts: bed.counts }));
}

/** The program's next start, with everything well. */
async function readAgain(bed: Bed, row: OutcomeRow, ledger: Ledger): Promise<void> {
  bed.ingest.script = () => null;
  bed.ingest.isFull = () => false;
  const again = await row.open(bed);
  await settled(bed, ledger);
  await closeTwice(again);
}

/** What no client sends is never a fault of ours, never to be sent again, and harms nobody else. */
export async function runAbuse(beds: BedMaker, row: OutcomeRow): Promise<void> {
  const bed = await beds.make(() => null);
  const way = await row.open(bed);
  await way.abuse();
  const ledger = new Ledger();
  await withSenders(way, async (sender, index) => {
    const messages = messagesOf(index, 0, BATCH_EVENTS);
    ledger.note(messages, await sender.send(messages, PATIENT));
    const areThere = () => messages.every((message) => bed.ingest.accepted.has(message));
    await until(areThere, () => ({ messages, accepted: [...bed.ingest.accepted.keys()], counts: bed.counts }));
  });
  await closeTwice(way);
  ledger.checkAcknowledged(bed, row);
  ledger.checkNothingIsLeft(bed);
}

/**
 * Closed while senders send and tasks wait: those are told of what became durable, the others find the way closed, and
 * what was handed over is accepted or counted.
 */
export async function runStop(beds: BedMaker, row: OutcomeRow): Promise<void> {
  const bed = await beds.make(() => null);
  const { ingest } = bed;
  const way = await row.open(bed);
  const ledger = new Ledger();
  const isAnswered = row.learns === 'answers' || row.learns === 'acknowledgements';
  let isStopped = false;
  let handedOver = 0;
  const work = async (sender: OutcomeSender, index: number) => {
    for (let batch = 0; isAnswered ? !isStopped : batch < BATCHES; batch++) {
      const messages = messagesOf(index, batch, BATCH_EVENTS);
      const told = await sender.send(messages, { tries: 1, waitMs: 10_000 });
      ledger.note(messages, told);
      if (told.acknowledged.length < messages.length && isAnswered) break;
    }
    handedOver++;
    // A connection that goes away is another matter.
    await until(
      () => isStopped,
      () => 'not stopped',
    );
  };
  const stop = async () => {
    if (isAnswered)
      await until(
        () => ingest.acceptedCount >= SENDERS * BATCH_EVENTS,
        () => ingest.acceptedCount,
      );
    ingest.shutGate();
    const isBusy = () => ingest.waiting > 0 || ingest.acceptedCount === SENDERS * BATCHES * BATCH_EVENTS;
    await until(
      () => isBusy() && (isAnswered || handedOver === SENDERS),
      () => [ingest.waiting, handedOver],
    );
    const closing = way.close();
    setTimeout(() => ingest.openGate(), 20);
    await closing;
    await way.close();
    isStopped = true;
  };
  try {
    await withSenders(way, work, stop);
  } finally {
    ingest.openGate();
    await way.close();
  }
  if (row.learns === 'none') await settled(bed, ledger);
  if (row.learns === 'kept') await readAgain(bed, row, ledger);
  ledger.checkAcknowledged(bed, row);
  ledger.checkNothingIsLeft(bed);
  // Whoever waits for an answer when it closes gets it, so that nothing is sent twice.
  if (isAnswered) expect(ledger.unacknowledgedOf(ingest.accepted.keys())).toEqual([]);
}
