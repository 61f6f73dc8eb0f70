import { type EventRow, eventsQuery, keysetOf } from '../query/events-sql.ts';
import type { EventsPlan, Keyset } from '../query/plan.ts';
import type { EventStore } from '../stores/store.ts';
import { rowChunks } from './store-rows.ts';

/** Events are read in parts of so many, or fewer long ones: what one client costs in memory. */
const PART_EVENTS = 5_000;
const PART_CHARACTERS = 8 << 20;
/** Of one part. It may have to look through everything to find few. */
const PART_TIMEOUT_MS = 600_000;

interface Source {
  store: EventStore;
  signal: AbortSignal;
  /** An event as one text. */
  render(row: EventRow): string;
}

/**
 * All events of a question as text, part by part: each is read whole before it is given, so that a slow client holds no
 * query open in the store, which would end it after 30 s without a byte taken. Keysets join the parts without a gap.
 */
export async function* eventParts(
  question: Pick<EventsPlan, 'orgId' | 'range' | 'condition' | 'order'>,
  source: Source,
): AsyncGenerator<string[]> {
  let after: Keyset | null = null;
  for (let isEnd = false; !isEnd; ) {
    const { orgId, range, condition, order } = question;
    const part = await readPart({ orgId, range, condition, order, limit: PART_EVENTS, offset: 0, after }, source);
    if (part.lines.length > 0) yield part.lines;
    isEnd = part.isEnd;
    after = part.last;
  }
}

async function readPart(plan: EventsPlan, { store, signal, render }: Source) {
  const lines: string[] = [];
  let characters = 0;
  let last = plan.after;
  for await (const rows of rowChunks<EventRow>(store, eventsQuery(plan), { signal, timeoutMs: PART_TIMEOUT_MS })) {
    for (const row of rows) {
      const line = render(row);
      lines.push(line);
      characters += line.length;
      last = keysetOf(row);
      if (characters >= PART_CHARACTERS) return { lines, last, isEnd: false };
    }
  }
  return { lines, last, isEnd: lines.length < PART_EVENTS };
}
