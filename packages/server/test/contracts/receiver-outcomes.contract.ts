import { describe, test } from 'vitest';
import type { BedMaker } from '../support/outcomes/bed.ts';
import { MODES, type Mode, runAbuse, runOutcomes, runStop } from '../support/outcomes/scenarios.ts';
import type { OutcomeRow } from '../support/outcomes/way.ts';

/**
 * What a receiver makes of what becomes of events behind `accept`: after the OpenTelemetry Collector's receivertest
 * (https://github.com/open-telemetry/opentelemetry-collector/blob/main/receiver/receivertest/contract_checker.go).
 *
 * The program's own handler, admission and listeners, and clients on sockets, are over an `accept` whose outcomes are
 * scripted: this is the one place where a part of ours is stood in for, because there is no other way to have every
 * outcome at every time. It decodes what it is given and takes it into a journal in memory, so what was accepted is
 * known message by message.
 *
 * O1 accepted ∪ refused = sent. Nothing that was not accepted is acknowledged; nothing that was refused was accepted.
 * O2 What may succeed later is told in the words on which the protocol's clients send again, with the time to wait
 *    where it has a place for it. What never will is told in words on which they do not.
 * O3 Where a protocol has no answers, what is not taken is counted, or is still where it was read.
 * O4 What no client sends is never a fault of ours; connections are closed, and the next sender is served.
 * O5 Closing hands over what came before, answers who waits, keeps nothing, and is safe twice.
 */
export function receiverOutcomesContract(row: OutcomeRow, beds: () => BedMaker, seed: number): void {
  const title = row.skipped === undefined ? row.title : `${row.title} (skipped: ${row.skipped})`;
  const of = row.skipped === undefined ? describe : describe.skip;
  of(title, () => {
    test.each(Object.keys(MODES) as Mode[])(`O1 O2 O3 accept: %s, seed ${seed}`, (mode) =>
      runOutcomes(beds(), row, mode, seed),
    );
    test('O4 what no client sends', () => runAbuse(beds(), row));
    test('O5 closed while senders send', () => runStop(beds(), row));
  });
}
