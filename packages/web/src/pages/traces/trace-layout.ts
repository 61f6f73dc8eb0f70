import type { components } from '../../api/schema.gen.ts';

export type TraceEvent = components['schemas']['Event'];

/** When an event was, in milliseconds from the start of its trace. An event is emitted when what it tells of is over. */
export interface Placed {
  startMs: number;
  /** When it was emitted. */
  endMs: number;
}

export interface TraceLayout {
  /** Of each event, in their order. */
  places: readonly Placed[];
  /** The start of the trace: of the first event, or of the first that took time. */
  startNs: bigint;
  spanMs: number;
}

/** A row of the time line: the events of one span, or of one service. */
export interface Lane {
  id: string;
  service: string;
  /** Empty where the events name no span, and where a lane is of a whole service. */
  spanId: string;
  /** The first lane of its service. */
  isFirst: boolean;
  /** Places of its events in the trace. */
  events: number[];
  errors: number;
}

export interface Gap {
  fromMs: number;
  toMs: number;
}

/** More lanes than these are more than anybody compares: services are shown instead. */
export const SPAN_LANES_MAX = 1_000;
const GAP_SHARE_MIN = 0.2;

/** Nanoseconds since the epoch of an ISO 8601 text in UTC with up to nine digits. */
export function timeNs(text: string): bigint {
  const seconds = BigInt(Date.parse(`${text.slice(0, 19)}Z`)) / 1000n;
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

const durationOf = ({ duration_ms }: TraceEvent): number =>
  duration_ms !== null && Number.isFinite(duration_ms) && duration_ms > 0 ? duration_ms : 0;

/** Places the events of a trace, at least one, on its time line. */
export function layoutTrace(events: readonly TraceEvent[]): TraceLayout {
  const firstNs = timeNs(events[0]!.timestamp);
  const ends = events.map(({ timestamp }) => Number(timeNs(timestamp) - firstNs) / 1e6);
  const earliestMs = events.reduce((ms, event, index) => Math.min(ms, ends[index]! - durationOf(event)), 0);
  const places = events.map((event, index) => {
    const endMs = ends[index]! - earliestMs;
    return { startMs: endMs - durationOf(event), endMs };
  });
  const spanMs = places.reduce((ms, { endMs }) => Math.max(ms, endMs), 0);
  return { places, startNs: firstNs + BigInt(Math.round(earliestMs * 1e6)), spanMs };
}

/** Lanes of services in the order of their starts, and in each its spans in the order of theirs. */
export function lanesOf(events: readonly TraceEvent[], { places }: TraceLayout, by: 'span' | 'service'): Lane[] {
  const services = new Map<string, Map<string, Lane>>();
  const order = events.map((_, index) => index).toSorted((a, b) => places[a]!.startMs - places[b]!.startMs || a - b);
  for (const index of order) {
    const { service, span_id, severity } = events[index]!;
    const spanId = by === 'span' ? span_id : '';
    const lanes = services.get(service) ?? new Map<string, Lane>();
    services.set(service, lanes);
    const lane = lanes.get(spanId) ?? {
      ...{ id: JSON.stringify([service, spanId]), service, spanId, isFirst: lanes.size === 0 },
      ...{ events: [], errors: 0 },
    };
    lanes.set(spanId, lane);
    lane.events.push(index);
    if (severity === 'error' || severity === 'critical') lane.errors += 1;
  }
  return [...services.values()].flatMap((lanes) => [...lanes.values()]);
}

/** Whether lanes of spans would be too many. */
export function spanCount(events: readonly TraceEvent[]): number {
  return new Set(events.map(({ service, span_id }) => JSON.stringify([service, span_id]))).size;
}

/** Stretches in which nothing was emitted and nothing was under way, longer than a fifth of the whole. */
export function gapsOf({ places, spanMs }: TraceLayout): Gap[] {
  const gaps: Gap[] = [];
  let coveredMs = 0;
  for (const { startMs, endMs } of places.toSorted((a, b) => a.startMs - b.startMs)) {
    if (startMs - coveredMs > spanMs * GAP_SHARE_MIN) gaps.push({ fromMs: coveredMs, toMs: startMs });
    coveredMs = Math.max(coveredMs, endMs);
  }
  return gaps;
}

/** The next event after `from` that is an error, or before it; goes on from the other end. Null when there is none. */
export function nextError(events: readonly TraceEvent[], from: number, step: 1 | -1): number | null {
  for (let i = 1; i <= events.length; i++) {
    const index = (from + step * i + events.length * 2) % events.length;
    const { severity } = events[index]!;
    if (severity === 'error' || severity === 'critical') return index;
  }
  return null;
}
