import { askServer } from '../golden/logql-ask.ts';
import { goldenFiles } from '../golden/logql-cases.ts';
import { goldenDifference } from '../golden/logql-compare.ts';
import type { Answer } from '../support/loki/answers.ts';
import { type LokiServer, push, queryInstant, queryRange } from '../support/loki/http-client.ts';
import { EXACT_SETTINGS, inParallel, makeLokiOrg } from '../support/loki/orgs.ts';
import { removeTempDirs, spawnServer } from '../support/server.ts';
import { answerLines, answersDiffer } from './answers-differ.ts';
import { type CorpusQuery, corpusQueries } from './corpus/queries.ts';
import { CORPUS_END_MS, CORPUS_START_MS, corpusStreams } from './corpus/streams.ts';
import { LOKI_DIFFERENCES } from './differences.ts';
import { askEndpoints } from './endpoints.ts';
import { randomRun } from './random-run.ts';
import { Report } from './report.ts';

/**
 * The same events pushed to a running Loki and to the built server, the same queries asked of both; and Loki asked the
 * golden cases, because what they expect is Loki's answer. Written against Loki 3.7. It needs these settings, so that it
 * adds nothing to events, takes old ones and answers at the steps asked for:
 *
 *   auth_enabled: true
 *   querier: {query_ingesters_within: 0}
 *   ingester: {max_chunk_age: 20000h, query_store_max_look_back_period: -1}
 *   query_range: {cache_results: false, align_queries_with_step: false, parallelise_shardable_queries: false}
 *   limits_config: {reject_old_samples: false, discover_service_name: [], discover_log_levels: false,
 *     split_queries_by_interval: 0, max_entries_limit_per_query: 100000, max_query_series: 10000, max_query_length: 0,
 *     ingestion_rate_mb: 1000, ingestion_burst_size_mb: 1000, per_stream_rate_limit: 1GB,
 *     per_stream_rate_limit_burst: 1GB, volume_enabled: true}
 *
 * @returns How many differ that are no deliberate differences.
 */
export async function differentialRun(options: {
  lokiUrl: string;
  seed: number;
  /** One part alone: golden, endpoints, queries or random. */
  only?: string | undefined;
  print: (line: string) => void;
}): Promise<number> {
  const { lokiUrl, seed, only, print } = options;
  const isAsked = (part: string) => only === undefined || only === part;
  const report = new Report(print);
  // Loki keeps what it was sent before.
  const run = `${seed}-${Date.now().toString(36)}`;
  const loki = (name: string): LokiServer => ({ url: lokiUrl, headers: { 'X-Scope-OrgID': `${name}-${run}` } });
  print(`Loki at ${lokiUrl}, seed ${seed}`);
  if (isAsked('golden')) await askGolden(loki, report);
  if (isAsked('random')) await randomRun(loki, { seed, datasets: DATASETS, queries: QUERIES }, report);
  const server = await spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' } });
  try {
    const ours = await makeLokiOrg(server, 'corpus', {
      ...EXACT_SETTINGS,
      entries_max: ENTRIES_MAX,
      series_max: SERIES_MAX,
    });
    const streams = corpusStreams(seed);
    for (const each of [loki('corpus'), ours]) await push(each, streams);
    if (isAsked('endpoints')) await askEndpoints(loki('corpus'), ours, report);
    if (isAsked('queries')) await askCorpus(loki('corpus'), ours, report);
  } finally {
    await server.stop();
    removeTempDirs();
  }
  if (only === undefined) report.unused(Object.values(LOKI_DIFFERENCES));
  return report.failed;
}

async function askGolden(loki: (name: string) => LokiServer, report: Report): Promise<void> {
  for (const { topic, streams, cases } of goldenFiles()) {
    const server = loki(topic);
    if (streams.length > 0) await push(server, streams);
    for (const golden of cases) {
      const reason = golden.differs ?? undefined;
      const found = await askServer(server, golden).then(
        (answer) => goldenDifference(golden, answer),
        (error: unknown) => String(error),
      );
      report.result(`golden ${topic}`, golden.query, found, reason);
    }
    report.endOf(`golden ${topic}`);
  }
}

const ENTRIES_MAX = 5000;
const SERIES_MAX = 10_000;
/** Of the random part. */
const DATASETS = 20;
const QUERIES = 100;
/** Queries at a time. */
const WIDTH = 3;
const STEP_MS = 60_000;

async function askCorpus(loki: LokiServer, ours: LokiServer, report: Report): Promise<void> {
  const topics = new Set<string>();
  let lines = 0;
  const seconds = { loki: 0, ours: 0 };
  await inParallel(WIDTH, corpusQueries(), async (corpus) => {
    const theirs = await timed(
      () => ask(loki, corpus),
      (spent) => (seconds.loki += spent),
    );
    const own = await timed(
      () => ask(ours, corpus),
      (spent) => (seconds.ours += spent),
    );
    lines += answerLines(corpus.query, theirs).length;
    const name = `${corpus.ask} ${corpus.query}`;
    report.result(corpus.topic, name, answersDiffer(corpus.query, theirs, own), LOKI_DIFFERENCES[corpus.query]);
    topics.add(corpus.topic);
  });
  for (const topic of topics) report.endOf(topic);
  const [theirs, own] = [seconds.loki, seconds.ours].map((spent) => spent.toFixed(1));
  report.note(`${lines} events and values; Loki ${theirs} s, Tailwater ${own} s`);
}

async function timed<T>(run: () => Promise<T>, add: (seconds: number) => void): Promise<T> {
  const startedAtMs = performance.now();
  const result = await run();
  add((performance.now() - startedAtMs) / 1000);
  return result;
}

function ask(server: LokiServer, { query, ask: how }: CorpusQuery): Promise<Answer> {
  const endNs = BigInt(CORPUS_END_MS) * 1_000_000n;
  if (how === 'instant') return queryInstant(server, query, endNs);
  const span = { query, startNs: BigInt(CORPUS_START_MS) * 1_000_000n, endNs };
  if (how === 'range') return queryRange(server, { ...span, stepMs: STEP_MS });
  return queryRange(server, { ...span, limit: ENTRIES_MAX, categorize: true });
}
