import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ProcessorReport } from '../processors/processor.ts';

/** The server's own numbers, as `/metrics` shows them. */
export interface Telemetry {
  registry: Registry;
  /** Since the start: events and bytes that were taken into the journal, and events that were refused. */
  readonly totals: { readonly events: number; readonly bytes: number; readonly rejected: number };
  countAnswer(receiver: string, status: number, rejected: number): void;
  countReport(report: ProcessorReport): void;
  /** What a receiver's own listener lost or refused, by reason. */
  countListener(receiver: string, reason: string, by: number): void;
  countInsert(rows: number, setAside: number): void;
  /** By org. */
  countExpiredLetters(expired: ReadonlyMap<string, number>): void;
  /** A LogQL query or a call of Grafana's menus, by kind; `outcome`: `done`, or the code of the error. */
  countQuery(kind: string, outcome: string, seconds: number): void;
  /** Read at every scrape. */
  watch(gauges: Record<keyof typeof GAUGES, () => number>): void;
}

const GAUGES = {
  journal_bytes: 'Bytes of all journal segments',
  journal_backlog_frames: 'Journal frames that wait for the event store',
  journal_damaged_bytes: 'Bytes of the journal that could not be read since the start: a copy is in journal/damaged',
  journal_fault: '1 while nothing can be appended to the journal',
  ingest_inflight_bytes: 'Bytes of request bodies under way to the journal',
  store_ready: '1 while the event store takes inserts',
  store_restarts_total: 'Restarts of the embedded event store',
  store_position: 'First journal position that is not searchable yet',
  queries_running: 'LogQL queries under way',
} as const;

type MakeCounter = (name: string, help: string, labelNames: string[]) => Counter;

function deadLetterCounters(counter: MakeCounter) {
  const labels = ['org', 'receiver'];
  return {
    kept: counter('dead_letters_total', 'Requests kept because something in them was refused', labels),
    lost: counter('dead_letters_lost_total', 'Those that had to go for newer ones or for want of space', labels),
    expired: counter('dead_letters_expired_total', 'Those older than deadLetters.retentionDays', ['org']),
  };
}

function queryCounter(counter: MakeCounter, registry: Registry): Telemetry['countQuery'] {
  const queries = counter('queries_total', 'LogQL queries and calls of menus', ['kind', 'outcome']);
  const seconds = new Histogram({
    name: 'tailwater_query_seconds',
    help: 'How long LogQL queries and calls of menus took',
    labelNames: ['kind'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
    registers: [registry],
  });
  return (kind, outcome, took) => {
    queries.inc({ kind, outcome }, 1);
    seconds.observe({ kind }, took);
  };
}

/** A registry of its own, so that two servers in one process do not mix. */
export function createTelemetry(): Telemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'tailwater_' });
  const counter: MakeCounter = (name, help, labelNames) =>
    new Counter({ name: `tailwater_${name}`, help, labelNames, registers: [registry] });
  const requests = counter('ingest_requests_total', 'Requests to receivers by status', ['receiver', 'status']);
  const rejected = counter('ingest_rejected_events_total', 'Events refused, their neighbours were not', ['receiver']);
  const events = counter('ingest_events_total', 'Events taken into the journal', ['org', 'receiver']);
  const bytes = counter('ingest_journal_bytes_total', 'Bytes of those events in the journal', ['org', 'receiver']);
  const refused = counter('receiver_refused_total', 'What a receiver’s own port lost or refused', [
    'receiver',
    'reason',
  ]);
  const processed = counter('processor_actions_total', 'What processors did to events', ['org', 'processor', 'action']);
  const deadLetters = deadLetterCounters(counter);
  const byReceiver: Record<string, Counter> = {
    events,
    bytes,
    dead_letters: deadLetters.kept,
    dead_letters_lost: deadLetters.lost,
  };
  const stored = counter('store_events_total', 'Events inserted into the event store', []);
  const setAsideFrames = counter('store_frames_set_aside_total', 'Frames the event store refused for good', []);

  const totals = { events: 0, bytes: 0, rejected: 0 };

  function countReport(report: ProcessorReport): void {
    for (const key in report) {
      const [name, org, receiver] = key.split('\t');
      if (name === 'events' || name === 'bytes') totals[name] += report[key];
      if (receiver !== undefined) byReceiver[name]?.inc({ org, receiver }, report[key]);
      else {
        const dot = name.indexOf('.');
        processed.inc({ org, processor: name.slice(0, dot), action: name.slice(dot + 1) }, report[key]);
      }
    }
  }

  return {
    registry,
    totals,
    countAnswer: (receiver, status, count) => {
      requests.inc({ receiver, status }, 1);
      totals.rejected += count;
      if (count > 0) rejected.inc({ receiver }, count);
    },
    countReport,
    countListener: (receiver, reason, by) => refused.inc({ receiver, reason }, by),
    countExpiredLetters: (expired) => {
      for (const [org, count] of expired) deadLetters.expired.inc({ org }, count);
    },
    countInsert: (rows, setAside) => {
      stored.inc(rows);
      if (setAside > 0) setAsideFrames.inc(setAside);
    },
    countQuery: queryCounter(counter, registry),
    watch: (gauges) => {
      for (const name of Object.keys(GAUGES) as (keyof typeof GAUGES)[]) {
        const gauge: Gauge = new Gauge({
          name: `tailwater_${name}`,
          help: GAUGES[name],
          registers: [registry],
          collect: () => gauge.set(gauges[name]()),
        });
      }
    },
  };
}
