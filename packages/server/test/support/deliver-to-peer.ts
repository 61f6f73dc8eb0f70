import type { Event } from '@tailwater/schema';
import type { Destination, DestinationType, Settings, TestStep } from '../../src/destinations/destination.ts';
import type { Egress } from '../../src/runtime/egress/egress.ts';
import { RetryableError } from '../../src/runtime/errors.ts';
import { batchOf, encoded, loopbackEgress, sampleEvent } from './destination-events.ts';

/** Long enough for a peer to start again, a JVM at that. */
const PATIENCE_MS = 90_000;
const PAUSE_MS = 200;
const BATCH_EVENTS = 25;

/** A destination with its settings, that tests send to somebody else's program. */
export interface PeerDelivery {
  destination: Destination;
  /** Sends the events in batches, each until it is taken, as the sender does. Counts of batches that failed and events rejected. */
  send(events: readonly Event[]): Promise<{ failures: number; rejected: string[] }>;
  test(): Promise<TestStep[]>;
  close(): Promise<void>;
}

export function deliveryTo(type: DestinationType, settings: Settings<unknown>): PeerDelivery {
  const egress: Egress = loopbackEgress();
  const destination = type.open(settings, { egress });
  const never = new AbortController().signal;
  return {
    destination,
    send: async (events) => {
      const done = { failures: 0, rejected: [] as string[] };
      for (let from = 0; from < events.length; from += BATCH_EVENTS) {
        await sendBatch(events.slice(from, from + BATCH_EVENTS), done);
      }
      return done;
    },
    test: async () => {
      const steps: TestStep[] = [];
      const marked = encoded(type, sampleEvent(0, { message: 'a marked event', service: 'marked' }), settings.config);
      await destination.test(marked, (step) => steps.push(step), never);
      return steps;
    },
    close: async () => {
      await destination.close();
      await egress.close();
    },
  };

  async function sendBatch(events: readonly Event[], done: { failures: number; rejected: string[] }): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let left = events; left.length > 0; ) {
      try {
        const { rejected, again } = await destination.deliver(batchOf(type, left, settings.config), never);
        done.rejected.push(...rejected.map(({ reason }) => reason));
        left = again.map(({ index }) => left[index]!);
        if (again.length > 0) done.failures++;
      } catch (error) {
        if (!(error instanceof RetryableError) || performance.now() > deadline) throw error;
        done.failures++;
      }
      if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Events of a service with the numbers from `from` to before `to`. */
export function numberedEvents(service: string, from: number, to: number, fields: Partial<Event> = {}): Event[] {
  return Array.from({ length: to - from }, (_, i) =>
    sampleEvent(from + i, { service, message: `number ${from + i} of größe "x"`, ...fields }),
  );
}

/** Each number from 0 once or more often, and how many came more often. Throws when one is missing. */
export function countNumbers(messages: readonly string[], count: number): { twice: number } {
  const numbers = messages.map((message) => Number(/number (\d+) of größe/.exec(message)?.[1] ?? Number.NaN));
  const found = new Set(numbers);
  const missing = Array.from({ length: count }, (_, i) => i).filter((number) => !found.has(number));
  if (missing.length > 0) throw new Error(`${missing.length} of ${count} are missing, the first ${missing[0]}`);
  if (found.size > count) throw new Error(`${found.size - count} are there that nobody sent`);
  return { twice: numbers.length - found.size };
}
