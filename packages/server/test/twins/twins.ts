import type { Expr } from '@tailwater/schema/logql';
import { EVENTS } from '../../src/query/events-sql.ts';
import type { StoredRow } from '../../src/query/logql/events/fields.ts';
import { parse } from '../../src/query/logql/parse.ts';
import { runTask } from '../../src/query/logql/run-task.ts';
import type { EventStore, SqlQuery } from '../../src/stores/store.ts';
import { type Answer, answerOf, difference, isFault } from './answers.ts';
import { runInMemory } from './reference.ts';
import type { TwinTask } from './tasks.ts';

/** How much of a query the store did. */
export type Pushed = 'aggregated' | 'whole' | 'narrowed' | 'none' | 'no streams';

export interface TwinResult {
  /** What differs, or fails in a way that no query may; null: all answers are equal. */
  fault: string | null;
  answer: Answer;
  pushed: Pushed;
  /** Aggregations that met events of which only the pipeline knows the answer, so that rows were read after all. */
  fellBack: boolean;
}

/** Runs the task with push-down, without, and without the store: all must answer alike. */
export async function runTwins(task: TwinTask, store: EventStore, rows: readonly StoredRow[]): Promise<TwinResult> {
  const known = new Map<string, Promise<unknown[]>>();
  const [withPushDown, without] = [recording(store, known), recording(store, known)];
  const { signal } = new AbortController();
  const [answer, plain, inMemory] = await Promise.all([
    answerOf(() => runTask({ ...task, pushDown: true }, { store: withPushDown.store, signal })),
    answerOf(() => runTask({ ...task, pushDown: false }, { store: without.store, signal })),
    answerOf(() => runInMemory(task, rows)),
  ]);
  const pushed = pushedOf(withPushDown.queries, without.queries, task);
  return { fault: faultOf(answer, plain, inMemory), answer, ...pushed };
}

function faultOf(answer: Answer, plain: Answer, inMemory: Answer): string | null {
  for (const each of [answer, plain, inMemory]) if (isFault(each)) return JSON.stringify(each);
  const ofTwins = difference(answer, plain);
  if (ofTwins !== null) return `with and without push-down differ ${ofTwins}`;
  const ofReference = difference(plain, inMemory);
  return ofReference === null ? null : `without push-down and in memory differ ${ofReference}`;
}

type Select = EventStore['select'];

/** The store, and what of its events it is asked. What it keeps of streams and names is read once for both twins. */
function recording(
  inner: EventStore,
  known: Map<string, Promise<unknown[]>>,
): { store: EventStore; queries: SqlQuery[] } {
  const queries: SqlQuery[] = [];
  async function* remembered<Row>(query: SqlQuery, options: Parameters<Select>[1]): AsyncGenerator<Row[]> {
    const key = JSON.stringify(query);
    const rows = known.get(key) ?? readAll(inner.select(query, options));
    known.set(key, rows);
    yield (await rows) as Row[];
  }
  function select<Row>(query: SqlQuery, options: Parameters<Select>[1]): AsyncIterable<Row[]> {
    if (!query.sql.includes(` FROM ${EVENTS} `)) return remembered(query, options);
    queries.push(query);
    return inner.select(query, options);
  }
  return { store: { ...inner, select }, queries };
}

async function readAll(chunks: AsyncIterable<unknown[]>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const chunk of chunks) rows.push(...chunk);
  return rows;
}

function pushedOf(
  asked: readonly SqlQuery[],
  plain: readonly SqlQuery[],
  task: TwinTask,
): Pick<TwinResult, 'pushed' | 'fellBack'> {
  const isAggregation = ({ sql }: SqlQuery) => sql.includes(' AS bucket');
  const rowQueries = asked.filter((query) => !isAggregation(query) && !query.sql.includes('DISTINCT'));
  const hasAggregations = asked.some(isAggregation);
  const fellBack = hasAggregations && rowQueries.length > 0;
  if (asked.length === 0) return { pushed: 'no streams', fellBack };
  if (hasAggregations) return { pushed: 'aggregated', fellBack };
  if (isWhole(task, parse(task.query), rowQueries)) return { pushed: 'whole', fellBack };
  const conditions = (queries: readonly SqlQuery[]) =>
    queries.map(({ sql }) => sql.slice(sql.indexOf(' WHERE '))).join();
  return { pushed: conditions(rowQueries) === conditions(plain) ? 'none' : 'narrowed', fellBack };
}

/** A log query of which the store is asked for no more rows than are answered. */
function isWhole(task: TwinTask, expr: Expr, [query]: readonly SqlQuery[]): boolean {
  if (expr.kind !== 'log' || query === undefined) return false;
  const limit = /LIMIT \{(p\d+):UInt64\}/.exec(query.sql)?.[1];
  return limit !== undefined && query.params[limit] === task.limit && expr.stages.length > 0;
}
