import type { TimedLevel } from './levels.ts';
import type { EventRange } from './ring.ts';
import { parseSeverity } from './severity.ts';

/** Who numbers the events. */
export interface ProducerFacts {
  /** Of one run of the program. */
  id: string;
  name: string;
  service: string;
  host: string;
  sdk: string;
}

/** Events on their way, and what the server is told with them. */
export interface Shipment extends EventRange {
  producer: ProducerFacts;
  /** One after the last event that was emitted. */
  next: number;
  /** Events that will never come, by reason. */
  lost: Readonly<Record<string, number>>;
}

/** The header X-Tailwater-Producer. */
export function producerHeader({ producer, first, count, next, atMs, lost }: Shipment): string {
  const { id, name, service, host, sdk } = producer;
  const values: Record<string, string | number> = { id, first, count, next, at: atMs, name, service, host, sdk };
  for (const [reason, events] of Object.entries(lost)) if (events > 0) values[`lost.${reason}`] = events;
  return Object.entries(values)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join('; ');
}

/** The body of a check-in. */
export interface CheckIn {
  producer: ProducerFacts;
  next: number;
  completeNext: number;
  completeAtMs: number;
  lost: Readonly<Record<string, number>>;
  hasEnded: boolean;
}

export function checkInBody({ producer, next, completeNext, completeAtMs, lost, hasEnded }: CheckIn): string {
  return JSON.stringify({
    ...producer,
    next,
    complete_next: completeNext,
    complete_at: Math.floor(completeAtMs),
    lost,
    ended: hasEnded,
  });
}

export interface CheckInAnswer {
  levels: TimedLevel[];
  nextCheckInMs: number;
}

const NEXT_CHECK_IN_MS = 5_000;
const NEXT_CHECK_IN_MS_MIN = 1_000;
const NEXT_CHECK_IN_MS_MAX = 300_000;

/** What the server answered; what is not as it should be is left out. `aheadMs`: the server's clock minus ours. */
export function readCheckIn(body: unknown, aheadMs: number): CheckInAnswer {
  const { log_levels: levels, next_check_in_ms: nextMs } = (body ?? {}) as Record<string, unknown>;
  const intervalMs = typeof nextMs === 'number' && Number.isFinite(nextMs) ? nextMs : NEXT_CHECK_IN_MS;
  return {
    levels: (Array.isArray(levels) ? levels : []).flatMap((level) => readLevel(level, aheadMs)),
    nextCheckInMs: Math.min(NEXT_CHECK_IN_MS_MAX, Math.max(NEXT_CHECK_IN_MS_MIN, intervalMs)),
  };
}

function readLevel(value: unknown, aheadMs: number): TimedLevel[] {
  const { logger, level, until } = (value ?? {}) as Record<string, unknown>;
  const severity = typeof level === 'string' ? parseSeverity(level) : undefined;
  if (typeof logger !== 'string' || severity === undefined) return [];
  if (typeof until !== 'string') return [{ logger, level: severity, untilMs: null }];
  const untilMs = Date.parse(until);
  return Number.isNaN(untilMs) ? [] : [{ logger, level: severity, untilMs: untilMs - aheadMs }];
}

/** The halves of a shipment that was too large; null when it is one event. */
export function halvesOf(shipment: Shipment): [Shipment, Shipment] | null {
  const { body, first, count } = shipment;
  if (count < 2) return null;
  const half = count >> 1;
  let end = 0;
  for (let i = 0; i < half; i++) end = body.indexOf(0x0a, end) + 1;
  return [
    { ...shipment, count: half, body: body.subarray(0, end) },
    { ...shipment, first: first + half, count: count - half, body: body.subarray(end) },
  ];
}
