import { expect } from 'vitest';
import type { Bed } from './bed.ts';
import type { OutcomeRow, Told } from './way.ts';

/** What listeners count when they lose or refuse whole messages. */
const LOST = ['message_refused', 'message_dropped', 'message_lost', 'datagram_dropped'] as const;

/** What was sent and what the senders were told, to be held against what was accepted. */
export class Ledger {
  private readonly told = new Map<string, Told['rest'] | 'acknowledged'>();

  get sent(): number {
    return this.told.size;
  }

  note(messages: readonly string[], { acknowledged, rest }: Told): void {
    for (const message of messages) this.told.set(message, rest);
    for (const message of acknowledged) this.told.set(message, 'acknowledged');
  }

  /** accepted ∪ refused = sent, where senders are told nothing. */
  isAccountedFor({ ingest, counts }: Bed): boolean {
    const lost = LOST.reduce((sum, reason) => sum + (counts[reason] ?? 0), 0);
    return ingest.acceptedCount + lost === this.sent;
  }

  /** Every message, by what its sender knows of it. */
  check(bed: Bed, row: OutcomeRow): void {
    this.checkAcknowledged(bed, row);
    this.checkNothingIsLeft(bed);
    const { accepted } = bed.ingest;
    for (const [message, told] of this.told) {
      const times = accepted.get(message) ?? 0;
      if (told === 'refused' || told === 'deferred') expect([message, told, times]).toEqual([message, told, 0]);
    }
  }

  /**
   * Nothing is acknowledged that was not accepted (or is kept as a dead letter, where a protocol's clients would send it
   * for ever), nothing is accepted that was not sent, and nothing twice but where
   * senders cannot know whether it was.
   */
  checkAcknowledged({ ingest }: Bed, { learns }: OutcomeRow): void {
    const timesMax = learns === 'acknowledgements' ? Number.POSITIVE_INFINITY : 1;
    for (const [message, told] of this.told) {
      const times = ingest.accepted.get(message) ?? 0;
      const isKept = times > 0 || (learns === 'acknowledgements' && ingest.letters.has(message));
      if (told === 'acknowledged') expect([message, isKept]).toEqual([message, true]);
      expect([message, times <= timesMax]).toEqual([message, true]);
    }
  }

  checkNothingIsLeft({ ingest, faults }: Bed): void {
    expect(faults).toEqual([]);
    expect(ingest.faults).toEqual([]);
    expect(ingest.inflightBytes).toBe(0);
  }

  expectAllTaken({ ingest }: Bed, learns: OutcomeRow['learns']): void {
    expect(new Set([...ingest.accepted.keys(), ...ingest.letters.keys()])).toEqual(new Set(this.told.keys()));
    const isTold = learns === 'answers' || learns === 'acknowledgements';
    if (isTold) expect(new Set(this.told.values())).toEqual(new Set(['acknowledged']));
  }

  /** Of the messages those whose sender was not told that they were accepted. */
  unacknowledgedOf(messages: Iterable<string>): string[] {
    return [...messages].filter((message) => this.told.get(message) !== 'acknowledged');
  }
}
