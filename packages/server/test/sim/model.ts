import type { JournalPosition } from '../../src/journal/journal.ts';

/** What the journal promised to whom. It knows nothing of files. */
export interface Sent {
  id: number;
  bytes: Buffer;
  /** `refused`: append failed and promised to leave no trace. `unknown`: the process died or the writer stopped. */
  state: 'pending' | 'acknowledged' | 'refused' | 'unknown';
  position: JournalPosition | null;
  /** A bit of its frame was flipped at rest: it may be lost. */
  flipped: boolean;
  /** A sync failed while it was not acknowledged: it may be seen now and be lost later. */
  uncertain: boolean;
}

export class Violation extends Error {
  override readonly name = 'Violation';
}

export function check(condition: boolean, message: () => string): void {
  if (!condition) throw new Violation(message());
}

export class JournalModel {
  readonly sent: Sent[] = [];
  /** Frames before it may be gone. */
  trimmedBefore: JournalPosition = 0;
  readonly #byPosition = new Map<JournalPosition, Sent>();
  readonly #flipped = new Set<string>();
  readonly #byBytes = new Map<string, Sent[]>();
  /** The highest position acknowledged by the running process, and by whom. */
  #lastAcknowledged: Sent | null = null;

  send(bytes: Buffer): Sent {
    const sent: Sent = {
      id: this.sent.length,
      bytes,
      state: 'pending',
      position: null,
      flipped: false,
      uncertain: false,
    };
    this.sent.push(sent);
    const key = bytes.toString('latin1');
    const same = this.#byBytes.get(key);
    if (same === undefined) this.#byBytes.set(key, [sent]);
    else same.push(sent);
    return sent;
  }

  /** J1: positions are given in the order of the calls, without gaps while a process lives, and never twice. */
  acknowledged(sent: Sent, position: JournalPosition): void {
    this.#place(sent, position);
    sent.state = 'acknowledged';
    const last = this.#lastAcknowledged;
    if (last !== null) {
      check(sent.id > last.id, () => `payload ${sent.id} was acknowledged after ${last.id}`);
      check(position === last.position! + 1, () => `position ${position} follows ${last.position}`);
    }
    this.#lastAcknowledged = sent;
  }

  syncFailed(): void {
    for (const sent of this.sent) if (sent.state !== 'acknowledged') sent.uncertain = true;
  }

  processEnded(): void {
    this.#lastAcknowledged = null;
    for (const sent of this.sent) if (sent.state === 'pending') sent.state = 'unknown';
  }

  /** A bit of the frame with this payload is about to rot. It may not have been acknowledged or read yet. */
  flippedAt(position: JournalPosition, payload: Buffer): void {
    const sent = this.#byPosition.get(position);
    if (sent !== undefined) sent.flipped = true;
    this.#flipped.add(`${position} ${payload.toString('latin1')}`);
  }

  /** J2, J3: a frame that is read is one that was sent, whole, at its own place. Returns which. */
  observed(position: JournalPosition, payload: Buffer): Sent {
    const known = this.#byPosition.get(position);
    if (known?.bytes.equals(payload)) return known;
    const candidates = this.#byBytes.get(payload.toString('latin1')) ?? [];
    const sent = candidates.find(
      ({ state, position: at }) => at === null && (state === 'pending' || state === 'unknown'),
    );
    if (sent === undefined) {
      const told = candidates.map(({ id, state, position: at }) => `${id} ${state} at ${at}`).join(', ');
      throw new Violation(
        `position ${position} (${known === undefined ? 'free' : `payload ${known.id}`}) reads ${payload.length} bytes ` +
          `that were not sent for it (${told || 'never sent'})`,
      );
    }
    this.#place(sent, position);
    return sent;
  }

  /** What must be found by someone who reads everything. */
  mustBeReadable(sent: Sent): boolean {
    if (sent.position === null || sent.flipped || sent.position < this.trimmedBefore) return false;
    return sent.state === 'acknowledged' || !sent.uncertain;
  }

  #place(sent: Sent, position: JournalPosition): void {
    const other = this.#byPosition.get(position);
    if (other !== undefined && other !== sent) {
      const lost = other.uncertain && other.state !== 'acknowledged';
      check(lost, () => `position ${position} of payload ${other.id} (${other.state}) was given to ${sent.id}`);
      other.position = null;
    }
    check(sent.position === null || sent.position === position, () => `payload ${sent.id} moved to ${position}`);
    sent.position = position;
    if (this.#flipped.has(`${position} ${sent.bytes.toString('latin1')}`)) sent.flipped = true;
    this.#byPosition.set(position, sent);
  }
}

/** An event store that keeps rule S2: the same token again changes nothing. It survives every crash. */
export class ModelStore {
  readonly #tokens = new Set<string>();
  readonly #counts = new Map<number, number>();

  insert(token: string, ids: readonly number[]): void {
    if (this.#tokens.has(token)) return;
    this.#tokens.add(token);
    for (const id of ids) this.#counts.set(id, this.count(id) + 1);
  }

  count(id: number): number {
    return this.#counts.get(id) ?? 0;
  }
}
