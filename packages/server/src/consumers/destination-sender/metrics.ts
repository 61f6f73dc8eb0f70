import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LaneReport } from './wire.ts';

const LABELS = ['integration', 'type'];
const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Returns what tells `/metrics` of the sender's reports. An integration that left the set leaves with its labels. */
export function createDestinationMetrics(registry: Registry): (reports: readonly LaneReport[]) => void {
  const registers = [registry];
  const counter = (name: string, help: string) =>
    new Counter({ name: `tailwater_destination_${name}_total`, help, labelNames: LABELS, registers });
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `tailwater_destination_${name}`, help, labelNames: LABELS, registers });
  const counters = {
    delivered: counter('delivered', 'Events that a destination has taken'),
    rejected: counter('rejected', 'Events that it refused for good, now dead letters'),
    skipped: counter('skipped', 'Events left out at the journal limit of the integration'),
    retries: counter('retries', 'Calls that were made again'),
  };
  const gauges = {
    lagEvents: gauge('lag_events', 'Events that wait for the destination'),
    lagBytes: gauge('lag_bytes', 'Bytes of those events'),
    lagSeconds: gauge('lag_seconds', 'Seconds since the oldest of them was received'),
  };
  const seconds = new Histogram({
    name: 'tailwater_destination_delivery_seconds',
    help: 'How long calls took',
    labelNames: LABELS,
    buckets: SECONDS,
    registers,
  });
  const all = [...Object.values(counters), ...Object.values(gauges), seconds];
  type Counts = Record<keyof typeof counters, number>;
  const seen = new Map<string, { type: string; counts: Counts }>();
  return (reports) => {
    for (const { id, type, status, retries, deliveries } of reports) {
      const labels = { integration: id, type };
      const counts = { delivered: status.delivered, rejected: status.rejected, skipped: status.skipped, retries };
      const before = seen.get(id)?.counts;
      for (const name of Object.keys(counters) as (keyof Counts)[]) {
        // After the thread died it counts from 0 again.
        const since = counts[name] - (before?.[name] ?? 0);
        counters[name].inc(labels, since < 0 ? counts[name] : since);
      }
      for (const name of Object.keys(gauges) as (keyof typeof gauges)[]) gauges[name].set(labels, status[name]);
      for (const { latencyMs } of deliveries) seconds.observe(labels, latencyMs / 1000);
      seen.set(id, { type, counts });
    }
    const ids = new Set(reports.map(({ id }) => id));
    for (const [id, { type }] of seen) {
      if (ids.has(id)) continue;
      for (const metric of all) metric.remove({ integration: id, type });
      seen.delete(id);
    }
  };
}
