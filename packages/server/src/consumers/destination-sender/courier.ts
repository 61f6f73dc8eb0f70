import { createHash } from 'node:crypto';
import type { DeliveryResult, Destination } from '../../destinations/destination.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { Gate, RateLimit } from './gate.ts';
import type { PendingEvent, Refusal, RefusedEvent } from './queue.ts';
import type { LaneStats } from './stats.ts';

export interface CourierOptions {
  orgId: string;
  destination: Destination;
  gate: Gate;
  rate: RateLimit;
  stats: LaneStats;
  /** Events received longer ago are refused while the destination fails, ms. Null: never. */
  retryAgeMsMax: number | null;
  /** A bug of the destination's code; the events are sent again. */
  onFault(error: unknown): void;
}

export interface DeliverOptions {
  isReplay: boolean;
  /** No retries: whatever goes wrong is thrown. */
  once?: boolean;
  /** Ends waiting at once. */
  closing: AbortSignal;
  /** Ends a call under way. */
  abort: AbortSignal;
}

/** The destination wants nothing more. */
export class DestinationGone extends Error {}

/** Part of a batch that goes in one call. */
interface Unit {
  events: PendingEvent[];
  attempt: number;
}

/** Calls have timeouts of their own, for each step; this ends what they forgot. */
const CALL_MS_MAX = 180_000;

/** Brings batches to a destination, for as long as it takes. */
export class Courier {
  readonly #options: CourierOptions;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the destination has all events but those it refused for good, which are told.
   * @throws DestinationGone, the reason of `closing` or `abort`, with `once` what the destination threw.
   */
  async deliver(events: readonly PendingEvent[], options: DeliverOptions): Promise<RefusedEvent[]> {
    const refused: RefusedEvent[] = [];
    /** The next one last. */
    const units: Unit[] = [];
    const push = (part: PendingEvent[], attempt: number) => {
      if (part.length > 0) units.push({ events: part, attempt });
    };
    const refuse = (part: readonly PendingEvent[], refusal: Refusal) => {
      for (const pending of part) refused.push({ pending, ...refusal });
    };
    push(this.#encoded(events, refused), 1);
    for (let unit = units.pop(); unit !== undefined; unit = units.pop()) {
      const fresh = this.#expire(unit, refuse);
      if (fresh.length === 0) continue;
      const sent = await this.#send({ ...unit, events: fresh }, options, (rest) => push(rest, 1));
      if (sent === null) continue;
      const { part, outcome } = sent;
      if (outcome.kind === 'taken') push(this.#taken(part, outcome.result, refuse), unit.attempt + 1);
      else if (outcome.kind === 'again') push(part, unit.attempt + 1);
      else if (part.length === 1) refuse(part, outcome.refusal);
      else {
        const middle = Math.ceil(part.length / 2);
        push(part.slice(middle), 1);
        push(part.slice(0, middle), 1);
      }
    }
    return refused;
  }

  #encoded(events: readonly PendingEvent[], refused: RefusedEvent[]): PendingEvent[] {
    for (const pending of events) if (pending.refusal !== null) refused.push({ pending, ...pending.refusal });
    return events.filter(({ refusal }) => refusal === null);
  }

  /** Without those that were too old when the destination failed the last time. */
  #expire({ events }: Unit, refuse: (part: readonly PendingEvent[], refusal: Refusal) => void): PendingEvent[] {
    const { retryAgeMsMax, gate, stats } = this.#options;
    const { lastFailureAtMs } = gate;
    if (retryAgeMsMax === null || lastFailureAtMs === null) return events;
    const isOld = ({ receivedAtMs }: PendingEvent) => receivedAtMs + retryAgeMsMax < lastFailureAtMs;
    if (!events.some(isOld)) return events;
    const reason = `not delivered within ${retryAgeMsMax} ms: ${stats.lastError ?? 'the destination failed'}`;
    refuse(events.filter(isOld), { code: 'destination_unavailable', reason: reason.slice(0, 1000) });
    return events.filter((event) => !isOld(event));
  }

  /** Waits for its turn and makes one call. What a probe leaves over is told to `rest`. */
  async #send(unit: Unit, options: DeliverOptions, rest: (events: PendingEvent[]) => void): Promise<Sent | null> {
    const { gate, rate } = this.#options;
    let most = options.once === true ? Number.POSITIVE_INFINITY : await gate.enter(options.closing);
    most = Math.min(most, rate.batchEventsMax);
    const part = unit.events.slice(0, most);
    rest(unit.events.slice(most));
    try {
      await rate.pass(part.length, options.closing);
    } catch (error) {
      gate.leave();
      throw error;
    }
    return { part, outcome: await this.#call(part, unit.attempt, options) };
  }

  async #call(events: PendingEvent[], attempt: number, options: DeliverOptions): Promise<Outcome> {
    const { destination, orgId, gate, stats } = this.#options;
    const signal = AbortSignal.any([options.abort, AbortSignal.timeout(CALL_MS_MAX)]);
    const atMs = Date.now();
    const startMs = performance.now();
    const told = (status: string, error: string | null, bytesSent: number) =>
      stats.called({
        atMs,
        events: events.length,
        bytesSent,
        status,
        latencyMs: Math.round(performance.now() - startMs),
        error,
        attempt,
        replay: options.isReplay,
      });
    try {
      const calling = destination.deliver({ id: batchId(events), orgId, events }, signal);
      // A destination that does not heed the signal (rule D6) must not hold up the others' settings.
      const result = await Promise.race([calling, aborted(signal)]);
      told(result.status, null, result.bytesSent);
      if (result.again.length === 0) gate.succeed();
      else if (result.again.length < events.length) gate.slowDown();
      else gate.fail(0);
      return { kind: 'taken', result };
    } catch (error) {
      if (options.abort.aborted) {
        gate.leave();
        throw error;
      }
      told(isOurs(error) ? error.code : 'internal', messageOf(error), 0);
      return this.#failed(error, options);
    }
  }

  #failed(error: unknown, { once }: DeliverOptions): Outcome {
    const { gate, onFault } = this.#options;
    const code = error instanceof PermanentError ? error.code : null;
    if (code === 'payload_too_large' || code === 'destination_rejected') {
      // It answered: whatever it says of these events, it can be spoken to.
      gate.succeed();
      return { kind: 'refused', refusal: { code, reason: messageOf(error) } };
    }
    if (code === 'destination_gone') {
      gate.leave();
      throw new DestinationGone(messageOf(error));
    }
    if (code !== null) gate.pause();
    else {
      gate.fail(error instanceof RetryableError ? error.retryAfterMs : 0);
      if (!(error instanceof RetryableError)) onFault(error);
    }
    if (once === true) throw error;
    return { kind: 'again' };
  }

  /** What is to be sent again. */
  #taken(
    events: PendingEvent[],
    { rejected, again }: DeliveryResult,
    refuse: (part: readonly PendingEvent[], refusal: Refusal) => void,
  ): PendingEvent[] {
    const { stats } = this.#options;
    for (const { index, reason } of rejected) refuse([at(events, index)], { code: 'destination_rejected', reason });
    stats.delivered += events.length - rejected.length - again.length;
    if (again.length > 0) stats.lastError = again[0].reason.slice(0, 1000);
    const indexes = again.map(({ index }) => index).sort((a, b) => a - b);
    return indexes.map((index) => at(events, index));
  }
}

type Outcome =
  | { kind: 'taken'; result: DeliveryResult }
  | { kind: 'again' }
  /** Nobody knows which of the events is at fault. */
  | { kind: 'refused'; refusal: Refusal };

interface Sent {
  part: PendingEvent[];
  outcome: Outcome;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(new RetryableError('destination_unavailable', 'the call did not end in time', 0));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function at(events: readonly PendingEvent[], index: number): PendingEvent {
  const event = events[index];
  if (event === undefined) throw new Error(`the destination told of event ${index} of ${events.length}`);
  return event;
}

function batchId(events: readonly PendingEvent[]): string {
  const hash = createHash('sha256');
  for (const { eventId } of events) hash.update(eventId);
  return hash.digest('hex').slice(0, 32);
}

const isOurs = (error: unknown): error is PermanentError | RetryableError =>
  error instanceof PermanentError || error instanceof RetryableError;

const messageOf = (error: unknown): string =>
  (isOurs(error) ? error.message : 'an unexpected error of the destination').slice(0, 1000);
