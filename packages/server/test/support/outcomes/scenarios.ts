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

/** How `accept` fares. `mixed` is a function of the seed and of the order in which tasks come. */
export const MODES = {
  'always ok': () => () => null,
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
  const way = await row.open(bed);
  const ledger = new Ledger();
  const isHopeless = mode === 'always retryable' || mode === 'always permanent';
  await withSenders(way, (sender, index) => sendAll(sender, index, ledger, isHopeless ? IMPATIENT : PATIENT));
  const expectsNothing = isHopeless && row.learns !== 'kept';
  const isCounted = row.learns === 'none' && (row.closesOnRefusal !== true || mode === 'always ok');
  if (isCounted && mode !== 'always retryable') await settled(bed, ledger);
  if (row.learns === 'kept')
    await until(
      () => bed.ingest.submitted >= SENDERS,
      () => bed.ingest.submitted,
    );
  await closeTwice(way);
  if (isCounted) await settled(bed, ledger);
  if (row.learns === 'none' && isHopeless)
    await until(
      () => Object.keys(bed.counts).length > 0,
      () => 'nothing counted',
    );
  if (row.learns === 'kept') await readAgain(bed, row, ledger);
  ledger.check(bed, row);
  if (expectsNothing) expect(bed.ingest.acceptedCount).toBe(0);
  if (isHopeless) expect(bed.admission.attempts.list(null, true)).not.toEqual([]);
  if (mode === 'always ok') ledger.expectAllTaken(bed, row);
  if (mode === 'mixed' && row.learns === 'acknowledgements') ledger.expectAllTaken(bed, row);
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
  await withSenders(way, work, stop);
  if (row.learns === 'none') await settled(bed, ledger);
  if (row.learns === 'kept') await readAgain(bed, row, ledger);
  ledger.checkAcknowledged(bed, row);
  ledger.checkNothingIsLeft(bed);
  // Whoever waits for an answer when it closes gets it, so that nothing is sent twice.
  if (isAnswered) expect(ledger.unacknowledgedOf(ingest.accepted.keys())).toEqual([]);
}
