import type { LogExpr } from '@tailwater/schema/logql';
import type { SqlQuery } from '../../stores/store.ts';
import { EVENTS } from '../events-sql.ts';
import {
  detectFields,
  detectFieldValues,
  renderDetectedFields,
  renderDetectedFieldValues,
} from './detect/detected-fields.ts';
import { badQuery } from './errors.ts';
import type { Context } from './index-queries/labels.ts';
import { parse } from './parse.ts';
import { PatternClusters, renderPatterns } from './patterns/pattern-clusters.ts';
import { compilePipeline } from './pipeline/index.ts';
import { type CompiledLog, scopeSql } from './plan/compile.ts';
import { readAll } from './plan/read-rows.ts';
import { StoreSource } from './plan/source.ts';
import type { Span } from './plan/universe.ts';
import { readLines } from './run-query.ts';
import type { DetectedFieldsTask, PatternsTask } from './tasks.ts';

function sourceOf(task: DetectedFieldsTask | PatternsTask, { store, signal }: Context): StoreSource {
  const { orgId, settings } = task;
  const timeoutMs = settings.queryTimeoutMs;
  return new StoreSource({ store, orgId, settings, pushDown: true, signal, timeoutMs, onRows: () => {} });
}

function parseLog(query: string): LogExpr {
  const expr = parse(query);
  if (expr.kind !== 'log') throw badQuery('only log queries are supported');
  return expr;
}

/** The answers of `/loki/api/v1/detected_fields` and `/detected_field/{name}/values`, from the newest lines of a query. */
export async function runDetectedFields(task: DetectedFieldsTask, context: Context): Promise<string> {
  const { startNs, endNs, lineLimit, limit, field, settings } = task;
  const options = { startNs, endNs, limit: lineLimit, direction: 'backward', intervalMs: 0, settings } as const;
  const lines = await readLines(parseLog(task.query), sourceOf(task, context), options, { add: () => {} });
  const labels = lines.map((line) => line.labels);
  return field === null
    ? renderDetectedFields(detectFields(labels, { limit }), limit)
    : renderDetectedFieldValues(detectFieldValues(labels, field, limit), limit);
}

/** Lines that are clustered at most; of more every so manieth is taken and counts for as many. */
const PATTERN_LINES_MAX = 100_000;

/** The answer of `/loki/api/v1/patterns`. */
export async function runPatterns(task: PatternsTask, context: Context): Promise<string> {
  const expr = parseLog(task.query);
  const span: Span = { startNs: task.startNs, endNs: task.endNs };
  const source = sourceOf(task, context);
  const compiled = await source.compile(expr, span);
  const clusters = new PatternClusters({ stepMs: task.stepMs });
  let share = 1;
  if (compiled.selection.groups.length > 0) {
    const events = await countEvents(task, compiled, context);
    share = Math.max(1, Math.ceil(events / PATTERN_LINES_MAX));
    const params = compiled.params.copy();
    const sampled = `cityHash64(frame, frame_index) % ${params.add('UInt64', share)} = 0`;
    const sample = share > 1 ? { ...compiled, params, conditions: [...compiled.conditions, sampled] } : compiled;
    const pipeline = compilePipeline(compiled.residual);
    for await (const rows of readAll(source.readRequest(sample, span), null)) {
      for (const row of rows) {
        const line = pipeline.run(row);
        if (line !== null) clusters.add(line.line, levelOf(line), row.timeMs);
      }
    }
  }
  const series = clusters.result().map(({ samples, ...pattern }) => {
    return { ...pattern, samples: samples.map(([seconds, count]) => [seconds, count * share] as const) };
  });
  return renderPatterns(series);
}

function levelOf({
  stream,
  metadata,
}: {
  stream: readonly (readonly [string, string])[];
  metadata: readonly (readonly [string, string])[];
}): string {
  for (const [name, value] of metadata) if (name === 'detected_level') return value;
  for (const [name, value] of stream) if (name === 'level' || name === 'detected_level') return value;
  return '';
}

async function countEvents(task: PatternsTask, compiled: CompiledLog, { store, signal }: Context): Promise<number> {
  const params = compiled.params.copy();
  const where = [scopeSql(task.orgId, task.startNs, task.endNs, params), ...compiled.conditions].join(' AND ');
  const query: SqlQuery = { sql: `SELECT count() AS events FROM ${EVENTS} WHERE ${where}`, params: params.values };
  for await (const [row] of store.select<{ events: string }>(query, { signal })) if (row) return Number(row.events);
  return 0;
}
