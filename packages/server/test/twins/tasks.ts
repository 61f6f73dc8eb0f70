import type { InstantQueryTask, LogqlSettings, RangeQueryTask } from '../../src/query/logql/tasks.ts';
import type { Random } from '../sim/random.ts';
import type { Dataset } from './dataset.ts';
import { logQuery } from './log-queries.ts';
import { metricQuery } from './queries.ts';
import { lookAt, type Seen } from './seen.ts';

export type TwinTask = RangeQueryTask | InstantQueryTask;

/** A query of any kind over the dataset's time or a part of it, with settings of its own. */
export function makeTask(random: Random, dataset: Dataset): TwinTask {
  const settings = makeSettings(random);
  const seen = seenBy(random, dataset, settings);
  const span = makeSpan(random, dataset);
  const base = { orgId: dataset.orgId, settings, ...makeOptions(random) };
  if (random.chance(0.3)) {
    const intervalMs = random.pick([0, 0, 0, 250, 5_000]);
    return { ...base, ...span, kind: 'query-range', query: logQuery(seen), stepMs: 15_000, intervalMs };
  }
  const stepMs = makeStep(random, Number((span.endNs - span.startNs) / 1_000_000n));
  if (random.chance(0.3)) {
    return { ...base, kind: 'query', timeNs: span.endNs, query: metricQuery(seen, Math.ceil(dataset.spanMs / 2)) };
  }
  const query = metricQuery(seen, stepMs);
  return { ...base, ...span, kind: 'query-range', query, stepMs, intervalMs: 0 };
}

const looked = new WeakMap<Dataset, Map<string, Seen>>();

function seenBy(random: Random, dataset: Dataset, settings: LogqlSettings): Seen {
  const known = looked.get(dataset) ?? new Map<string, Seen>();
  looked.set(dataset, known);
  const key = `${settings.eventFields} ${settings.discoverServiceName}`;
  const seen = known.get(key) ?? lookAt(random, dataset, settings);
  known.set(key, seen);
  return seen;
}

const STEPS_MAX = 120;

function makeStep(random: Random, spanMs: number): number {
  const steps = [250, 1_000, 5_000, 7_000, 15_000, 60_000, 90_000, 300_000, 1_800_000];
  const fitting = steps.filter((step) => spanMs / step <= STEPS_MAX);
  return fitting.length === 0 ? 3_600_000 : random.pick(fitting.slice(0, 4));
}

function makeSpan(random: Random, { baseMs, spanMs }: Dataset): { startNs: bigint; endNs: bigint } {
  const offsetsMs = [0, 0, 0, 250, 7, -15_000, 60_000];
  const isPart = random.chance(0.3);
  const startMs = baseMs + (isPart ? random.int(spanMs) : 0) + random.pick(offsetsMs);
  const endMs = Math.max(startMs + 1, baseMs + spanMs + random.pick(offsetsMs));
  const ns = () => random.pick([0n, 0n, 0n, 1n, 999_999n]);
  return { startNs: BigInt(startMs) * 1_000_000n + ns(), endNs: BigInt(endMs) * 1_000_000n + ns() };
}

function makeSettings(random: Random): LogqlSettings {
  return {
    eventFields: random.chance(0.75),
    discoverServiceName: random.chance(0.75),
    alignMetricQueries: random.chance(0.5),
    entriesMax: 5_000,
    seriesMax: random.chance(0.05) ? random.between(1, 5) : 5_000,
    queryLengthMaxMs: 0,
    queryTimeoutMs: 60_000,
    tailsMax: 1,
    volumeSeriesMax: 1_000,
  };
}

function makeOptions(random: Random) {
  return {
    limit: random.pick([1, 5, 30, 100, 5_000]),
    direction: random.pick(['forward', 'backward'] as const),
    categorizeLabels: random.chance(0.5),
    partialSeries: random.chance(0.1),
    pushDown: true,
  };
}

/** The task as text that tells all of it. */
export function taskText(task: TwinTask): string {
  return JSON.stringify(task, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
