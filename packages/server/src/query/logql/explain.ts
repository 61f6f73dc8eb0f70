import { type Expr, printQuery, type RangeAggregation, type Stage } from '@tailwater/schema/logql';
import type { SqlQuery } from '../../stores/store.ts';
import { rowMapper } from './events/row-mapper.ts';
import type { Context } from './index-queries/labels.ts';
import { parse } from './parse.ts';
import type { CompiledLog } from './plan/compile.ts';
import { rowsQuery } from './plan/read-rows.ts';
import { streamsOf } from './plan/selection.ts';
import { type LeafReport, StoreSource } from './plan/source.ts';
import { gridOf } from './run-query.ts';
import type { RangeSource, StepGrid, StepSeries } from './series.ts';
import type { ExplainTask } from './tasks.ts';
import { evaluate } from './vector/index.ts';

/** The answer of `/api/query/explain`: for each part of a query that reads events, what the store does of it. */
export async function runExplain(task: ExplainTask, context: Context): Promise<string> {
  const { orgId, settings } = task;
  const { store, signal } = context;
  const timeoutMs = settings.queryTimeoutMs;
  const source = new StoreSource({ store, orgId, settings, pushDown: true, signal, timeoutMs, onRows: () => {} });
  const expr = parse(task.query);
  const reports = expr.kind === 'log' ? [await logReport(expr, source, task)] : await leafReports(expr, source, task);
  const reads = await Promise.all(
    reports.map(async (report) => ({ ...renderReport(report), reads: await estimate(report.query, context) })),
  );
  return `${JSON.stringify({ query: printQuery(expr), reads })}\n`;
}

interface Report extends LeafReport {
  expression: string;
}

async function logReport(
  expr: Extract<Expr, { kind: 'log' }>,
  source: StoreSource,
  task: ExplainTask,
): Promise<Report> {
  const span = { startNs: task.startNs, endNs: task.endNs };
  const compiled = await source.compile(expr, span);
  const order = { direction: task.direction, limit: compiled.residual.length === 0 ? task.limit : null, after: null };
  const query = rowsQuery(source.readRequest(compiled, span), rowMapper(task.settings), order);
  return { expression: printQuery(expr), compiled, query, aggregated: false, span };
}

/** The range aggregations of a metric query, as the evaluation asks for them. */
async function leafReports(
  expr: Exclude<Expr, { kind: 'log' }>,
  source: StoreSource,
  task: ExplainTask,
): Promise<Report[]> {
  const reports: Promise<Report>[] = [];
  const asked: RangeSource = {
    async evaluate(leaf: RangeAggregation, grid: StepGrid, sumGrouping): Promise<StepSeries[]> {
      const expression = printQuery(leaf);
      reports.push(source.report(leaf, grid, sumGrouping).then((report) => ({ ...report, expression })));
      return [];
    },
  };
  const timeMs = Number(task.endNs / 1_000_000n);
  await evaluate(expr, task.instant ? { startMs: timeMs, endMs: timeMs, stepMs: 0 } : gridOf(task), asked);
  return Promise.all(reports);
}

function renderReport({ expression, compiled, query, aggregated }: Report) {
  const texts = (stages: readonly Stage[]) => stages.map((stage) => stageText(stage));
  return {
    expression,
    streams: streamsOf(compiled.selection).length,
    streams_of_time: compiled.selection.universe.length,
    answered_by: aggregated
      ? 'aggregation in SQL'
      : isWhole(compiled)
        ? 'rows of SQL'
        : 'rows of SQL through the pipeline',
    pushed_down: texts(compiled.pushed),
    narrowed_by_prefilter: texts(compiled.narrowed),
    in_pipeline: aggregated ? [] : texts(compiled.residual),
    sql: query.sql,
    parameters: query.params,
  };
}

function isWhole({ residual, isSelected }: CompiledLog): boolean {
  return residual.length === 0 && isSelected;
}

/** A stage as it is written. */
function stageText(stage: Stage): string {
  return printQuery({ kind: 'log', selector: [], stages: [stage] }).replace(/^\{\}\s*/, '');
}

interface Estimate {
  parts: string;
  rows: string;
  marks: string;
}

/**
 * What the engine's primary key leaves of the table, before it reads. Not what skip indexes leave: they tell of events of
 * other orgs in the same granule. https://clickhouse.com/docs/sql-reference/statements/explain#explain-estimate */
async function estimate({ sql, params }: SqlQuery, { store, signal }: Context) {
  const query = { sql: `EXPLAIN ESTIMATE ${sql}, use_skip_indexes = 0`, params };
  for await (const rows of store.select<Estimate>(query, { signal })) {
    const sum = (of: keyof Estimate) => rows.reduce((total, row) => total + Number(row[of]), 0);
    return { parts: sum('parts'), rows: sum('rows'), marks: sum('marks') };
  }
  return { parts: 0, rows: 0, marks: 0 };
}
