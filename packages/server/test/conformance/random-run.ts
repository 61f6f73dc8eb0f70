import type { SampleEvent } from '../app/api-fixture.ts';
import { Random } from '../sim/random.ts';
import type { Answer } from '../support/loki/answers.ts';
import { type LokiServer, push, queryInstant, queryRange } from '../support/loki/http-client.ts';
import { printLabels } from '../support/loki/label-text.ts';
import { type MemoryEngine, memoryEngine } from '../support/loki/memory-engine.ts';
import type { PushStream } from '../support/loki-push.ts';
import { type Dataset, makeDataset } from '../twins/dataset.ts';
import { logQuery } from '../twins/log-queries.ts';
import { metricQuery } from '../twins/queries.ts';
import { lookAt } from '../twins/seen.ts';
import { answersDiffer } from './answers-differ.ts';
import type { Report } from './report.ts';

/** Events of a dataset; few, because Loki answers each query in its own time. */
const EVENTS = 150;
const NANOS_PER_MS = 1_000_000n;
const LIMIT = 5000;
/** What the generator asks of, as with event_fields and discover_service_name off. */
const SETTINGS = { eventFields: false, discoverServiceName: false };

/**
 * Generated queries over generated events: Loki against the engine in this process, which the twin runs hold the server
 * to. rate_counter is left out: Loki before 3.8 mixes units of time in it.
 */
export async function randomRun(
  loki: (name: string) => LokiServer,
  { seed, datasets, queries }: { seed: number; datasets: number; queries: number },
  report: Report,
): Promise<void> {
  for (let i = 0; i < datasets; i++) {
    const random = new Random(seed * 1000 + i);
    const dataset = lokiDataset(makeDataset(random, 'random', EVENTS));
    const streams = streamsOf(dataset);
    const server = loki(`random-${i}`);
    const engine = memoryEngine();
    engine.load(streams);
    await push(server, streams);
    const seen = lookAt(random, dataset, SETTINGS);
    const endMs = dataset.baseMs + dataset.spanMs;
    for (let query = 0; query < queries; query++) {
      const stepMs = Math.max(1000, Math.ceil(dataset.spanMs / random.pick([4, 10, 40])));
      const ask = random.pick(['logs', 'range', 'instant'] as const);
      const text = ask === 'logs' ? logQuery(seen) : metricQuery(seen, stepMs);
      if (isOwnWay(text)) continue;
      const [want, got] = await both(server, engine, { ask, text, startMs: dataset.baseMs, endMs, stepMs });
      const found = answersDiffer(text, want, got);
      report.result('random', `dataset ${i} ${ask} ${text}`, found, undefined);
    }
  }
  report.endOf('random');
}

/** What Loki answers in a way of its own, on the query without its selectors. */
const QUIRKS = [
  // Regular expressions of label filters are made simpler: `1.*` is any value with a 1 in it, `|a` no empty value.
  /[\w)]\s*[=!]~\s*"[^"]*[|*+]/,
  // ip() beside a text is looked for as text.
  /" or ip\(|ip\("[^"]*"\) or "/,
  // A label that a grouping names twice splits its groups.
  /(?:by|without) \([^)]*\b(\w+)\b[^)]*\b\1\b[^)]*\)/,
  // `logfmt a="b"` finds b only where b itself was not read before, and in metrics only where b is asked for as well.
  /logfmt[^|]*="/,
  // Label filters count while a parser reads, also those before it; and `__error__=""` behind `--strict`.
  /--strict|[\w)"]\s*(?:[=!<>]=?|=)[^|]*\|[^|]*\b(?:json|logfmt|regexp|pattern|unpack)\b/,
  // Line filters are moved before decolorize, where they meet the escape codes.
  /decolorize.*(?:\|[=~>]|![=~>]) *"/,
];
/** An alternative that stands twice in a selector gives each event twice. */
const TWICE = /"(?:[^"]*\|)?([^"|]+)\|(?:[^"]*\|)?\1(?:\|[^"]*)?"/;

function isOwnWay(query: string): boolean {
  const stages = query.replace(SELECTORS, '{}');
  return query.includes('rate_counter') || TWICE.test(query) || QUIRKS.some((quirk) => quirk.test(stages));
}

const SELECTORS = /\{(?:"(?:[^"\\]|\\.)*"|[^}"])*\}/g;

interface Question {
  ask: 'logs' | 'range' | 'instant';
  text: string;
  startMs: number;
  endMs: number;
  stepMs: number;
}

function both(
  server: LokiServer,
  engine: MemoryEngine,
  { ask, text, startMs, endMs, stepMs }: Question,
): Promise<[Answer, Answer]> {
  const [startNs, endNs] = [startMs, endMs].map((ms) => BigInt(ms) * NANOS_PER_MS);
  if (ask === 'instant') return Promise.all([queryInstant(server, text, endNs), engine.instant(text, endMs)]);
  const span = { query: text, startNs, endNs };
  const parameters = ask === 'range' ? { ...span, stepMs } : { ...span, limit: LIMIT };
  return Promise.all([queryRange(server, parameters), engine.range(parameters)]);
}

/** Names that Loki does not change. */
const LABEL = /^[a-zA-Z][a-zA-Z0-9]*(_[a-zA-Z0-9]+)*$/;

/** What Loki keeps as it is: labels and metadata of legal names with values, a line; no two events at one time. */
function lokiDataset(dataset: Dataset): Dataset {
  const times = new Set<bigint>();
  const keep = (event: SampleEvent): SampleEvent => {
    let timestampNs = event.timestampNs!;
    while (times.has(timestampNs)) timestampNs++;
    times.add(timestampNs);
    const labels = Object.fromEntries(
      Object.entries(event.labels ?? {}).filter(([name, value]) => LABEL.test(name) && value !== ''),
    );
    const attributes = Object.fromEntries(
      Object.entries(event.attributes ?? {}).filter(
        ([name, { text }]) => LABEL.test(name) && !name.endsWith('_extracted') && text !== '',
      ),
    );
    return {
      timestampNs,
      message: event.message?.trim() || 'empty',
      attributes,
      labels: Object.keys(labels).length === 0 ? { app: 'web' } : labels,
    };
  };
  return { ...dataset, frames: dataset.frames.map((frame) => frame.map(keep)) };
}

function streamsOf({ frames }: Dataset): PushStream[] {
  const streams = new Map<string, PushStream>();
  for (const { labels = {}, attributes = {}, message = '', timestampNs = 0n } of frames.flat()) {
    const key = printLabels(labels);
    const stream = streams.get(key) ?? { labels, entries: [] };
    streams.set(key, stream);
    const metadata = Object.fromEntries(Object.entries(attributes).map(([name, { text }]) => [name, text]));
    stream.entries.push({ nanos: timestampNs, line: message, metadata });
  }
  return [...streams.values()];
}
