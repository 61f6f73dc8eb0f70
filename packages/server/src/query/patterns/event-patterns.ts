import { createHash } from 'node:crypto';
import { eventIdOf, SEVERITIES } from '@tailwater/schema';
import type { EventStore, SqlQuery } from '../../stores/store.ts';
import { countQuery, placeOfFrame } from '../events-sql.ts';
import { PatternClusters } from '../logql/patterns/pattern-clusters.ts';
import type { EventPatternsTask } from '../logql/tasks.ts';
import { type BucketGrid, bucketGrid } from '../nice-interval.ts';
import type { Scope } from '../stats-sql.ts';
import { formatTime } from '../time.ts';
import { likeQuery, messagesQuery } from './patterns-sql.ts';
import { exclusionOf, likeOf, searchOf, templateOf } from './pieces.ts';
import { count, type MessageRow, sumTallies, type Tally } from './tally.ts';

interface Context {
  store: EventStore;
  signal: AbortSignal;
}

interface Pattern {
  pieces: string[];
  tally: Tally;
}

/** Messages that are read at most; of more every so manieth is, and counts for as many. */
const MESSAGES_MAX = 100_000;
const DAY_NS = 86_400_000_000_000n;
const NAMES = 10;
/** Questions whether there was such a message before that are asked at a time. */
const QUESTIONS_AT_A_TIME = 4;

/** The answer of GET /api/logs/patterns. Throws as the store does. */
export async function runEventPatterns(task: EventPatternsTask, context: Context): Promise<string> {
  const { orgId, range, condition, limit } = task;
  const scope: Scope = { orgId, range, condition };
  const before: Scope = { ...scope, range: { fromNs: range.fromNs - DAY_NS, toNs: range.fromNs } };
  const [eventsTotal, eventsBefore] = await Promise.all([countEvents(scope, context), countEvents(before, context)]);
  const share = Math.max(1, Math.ceil(eventsTotal / MESSAGES_MAX));
  const grid = bucketGrid(range, task.trendBuckets);
  const { patterns, read } = await readPatterns(scope, share, grid, context);
  const shown = patterns.slice(0, limit);
  // Where nothing came before, everything would be new, and nothing would be told by it.
  const areNew = eventsBefore === 0 ? [] : await findNew(shown, before, context);
  return JSON.stringify({
    from: formatTime(range.fromNs),
    to: formatTime(range.toNs),
    interval_ms: grid.intervalS * 1000,
    patterns: shown.map((pattern, i) => rendered(pattern, { share, read, isNew: areNew[i] ?? false })),
    patterns_total: patterns.length,
    events_read: read,
    events_total: eventsTotal,
    events_before: eventsBefore,
    complete: share === 1,
  });
}

async function readPatterns(
  scope: Scope,
  share: number,
  { firstS, intervalS, count: buckets }: BucketGrid,
  context: Context,
) {
  const clusters = new PatternClusters({ stepMs: intervalS * 1000 });
  const tallies = new Map<number, Tally>();
  let read = 0;
  for await (const rows of select<MessageRow>(messagesQuery(scope, share), context)) {
    for (const row of rows) {
      const timeMs = Number(row.ts_ns) / 1e6;
      // Messages without text have nothing in common with others: they are a pattern of their own, 0.
      const id = clusters.add(row.text, '', timeMs);
      // Rounding may put the last nanosecond of the range into the bucket behind it.
      const bucket = Math.min(buckets - 1, Math.max(0, Math.floor((timeMs / 1000 - firstS) / intervalS)));
      tallies.set(id, count(tallies.get(id), row, bucket, buckets));
    }
    read += rows.length;
  }
  const groups = [...clusters.patternGroups(), { ids: [0], pieces: [''] }];
  const patterns = groups
    .map(({ ids, pieces }) => ({ pieces, own: ids.flatMap((id) => tallies.get(id) ?? []) }))
    .filter(({ own }) => own.length > 0)
    .map(({ pieces, own }): Pattern => ({ pieces, tally: sumTallies(own) }))
    .sort((left, right) => right.tally.events - left.tally.events);
  return { patterns, read };
}

/** Of each pattern, whether the scope has no message like it. */
async function findNew(patterns: readonly Pattern[], scope: Scope, context: Context): Promise<boolean[]> {
  const answers: boolean[] = [];
  for (let at = 0; at < patterns.length; at += QUESTIONS_AT_A_TIME) {
    const some = patterns.slice(at, at + QUESTIONS_AT_A_TIME);
    answers.push(...(await Promise.all(some.map(({ pieces }) => isNew(pieces, scope, context)))));
  }
  return answers;
}

async function isNew(pieces: readonly string[], scope: Scope, context: Context): Promise<boolean> {
  for await (const rows of select(likeQuery(scope, likeOf(pieces)), context)) if (rows.length > 0) return false;
  return true;
}

function rendered({ pieces, tally }: Pattern, { share, read, isNew }: { share: number; read: number; isNew: boolean }) {
  const { last } = tally;
  const template = templateOf(pieces);
  return {
    id: createHash('sha256').update(template).digest('hex').slice(0, 16),
    template,
    events: tally.events * share,
    share: tally.events / read,
    by_severity: Object.fromEntries(SEVERITIES.map((name) => [name, (tally.bySeverity.get(name) ?? 0) * share])),
    services: mostFrequent(tally.services),
    log_types: mostFrequent(tally.logTypes),
    first: formatTime(tally.firstNs),
    last: formatTime(tally.lastNs),
    trend: tally.trend.map((events) => events * share),
    is_new: isNew,
    example_message: last.text,
    example_event_id: eventIdOf({ ...placeOfFrame(last.frame), index: last.frame_index }),
    q: searchOf(pieces),
    exclude_q: exclusionOf(pieces),
  };
}

function mostFrequent(counts: ReadonlyMap<string, number>): string[] {
  const sorted = [...counts].sort(([, left], [, right]) => right - left);
  return sorted.slice(0, NAMES).map(([name]) => name);
}

async function countEvents(scope: Scope, context: Context): Promise<number> {
  for await (const [row] of select<{ events: string }>(countQuery(scope), context)) if (row) return Number(row.events);
  return 0;
}

function select<Row>(query: SqlQuery, { store, signal }: Context): AsyncIterable<Row[]> {
  return store.select<Row>(query, { signal });
}
