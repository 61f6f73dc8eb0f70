import type { LogExpr, Matcher, RangeAggregation, Stage } from '@tailwater/schema/logql';
import type { EventStore, SqlQuery } from '../../../stores/store.ts';
import { tooManySeries } from '../errors.ts';
import { EVERYTHING, type NeededParts, rowMapper } from '../events/row-mapper.ts';
import type { StreamSettings } from '../events/streams.ts';
import { compileExtractor, requiredFields } from '../pipeline/index.ts';
import { RangeWindows } from '../range/index.ts';
import type { RangeSource, StepGrid, StepSeries } from '../series.ts';
import { compareLabels } from '../vector/index.ts';
import { pushAggregation } from './aggregate.ts';
import { type AttributeNames, readAttributeNames } from './attribute-names.ts';
import { type CompiledLog, compileLog } from './compile.ts';
import { type ReadRequest, readAll, rowsQuery } from './read-rows.ts';
import { selectorTest } from './row-selector.ts';
import { type Selection, selectStreams } from './selection.ts';
import { readStreams, type Span, type StreamRow } from './universe.ts';

export interface SourceOptions {
  store: EventStore;
  orgId: string;
  settings: StreamSettings;
  pushDown: boolean;
  signal: AbortSignal;
  timeoutMs: number;
  /** Set where each series of a range aggregation is one of the answer: more than these are an error at once. */
  seriesMax?: number;
  /** Counts what went through the pipeline here, for the answer's statistics. */
  onRows(rows: number, bytes: number): void;
}

/** What explain says of one log expression or range aggregation. */
export interface LeafReport {
  compiled: CompiledLog;
  query: SqlQuery;
  aggregated: boolean;
  span: Span;
}

/** The org's events for the leaves of one query: from aggregations in SQL where that is exact, else from rows. */
export class StoreSource implements RangeSource {
  readonly #options: SourceOptions;
  readonly #known = new Map<string, Promise<[StreamRow[], AttributeNames]>>();

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /** The streams that a selector matches in a span. */
  async select(matchers: readonly Matcher[], span: Span): Promise<Selection> {
    const { store, orgId, signal, settings } = this.#options;
    const key = `${span.startNs} ${span.endNs}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = Promise.all([readStreams(store, orgId, span, signal), readAttributeNames(store, orgId, span, signal)]);
      this.#known.set(key, known);
    }
    const [streams, attributes] = await known;
    return selectStreams(streams, matchers, settings, attributes);
  }

  async compile(log: LogExpr, span: Span): Promise<CompiledLog> {
    return compileLog(log, await this.select(log.selector, span), this.#options);
  }

  readRequest(compiled: CompiledLog, span: Span, needed: NeededParts = EVERYTHING): ReadRequest {
    const { store, orgId, settings, signal, timeoutMs } = this.#options;
    return { store, orgId, span, compiled, options: { settings }, needed, signal, timeoutMs };
  }

  /** In the order of their labels: which of equal values is among the top k must not hang on who came first. */
  async evaluate(leaf: RangeAggregation, grid: StepGrid, sumGrouping: readonly string[] | null): Promise<StepSeries[]> {
    const series = await this.#evaluate(leaf, grid, sumGrouping);
    return series.sort((left, right) => compareLabels(left.labels, right.labels));
  }

  async #evaluate(
    leaf: RangeAggregation,
    grid: StepGrid,
    sumGrouping: readonly string[] | null,
  ): Promise<StepSeries[]> {
    const span = leafSpan(leaf, grid);
    const compiled = await this.compile(leaf.range.log, span);
    if (compiled.selection.groups.length === 0) return new RangeWindows(leaf, grid).finish();
    if (this.#options.pushDown) {
      const pushed = pushAggregation(leaf, grid, sumGrouping, compiled, { ...this.#options, span });
      const { store, seriesMax } = this.#options;
      if (seriesMax !== undefined && (await pushed?.exceeds(store, seriesMax, this.#options))) {
        throw tooManySeries(seriesMax);
      }
      const series = (await pushed?.run(store, this.#options)) ?? null;
      if (series !== null) return series;
    }
    return this.#evaluateRows(leaf, grid, sumGrouping, compiled, span);
  }

  /** What `evaluate` would do, without doing it. */
  async report(leaf: RangeAggregation, grid: StepGrid, sumGrouping: readonly string[] | null): Promise<LeafReport> {
    const span = leafSpan(leaf, grid);
    const compiled = await this.compile(leaf.range.log, span);
    const pushed = this.#options.pushDown
      ? pushAggregation(leaf, grid, sumGrouping, compiled, { ...this.#options, span })
      : null;
    if (pushed !== null) return { compiled, query: pushed.query, aggregated: true, span };
    const request = this.readRequest(compiled, span, neededOf(leaf, sumGrouping, compiled));
    const query = rowsQuery(request, rowMapper(this.#options.settings, request.needed), orderOf(leaf));
    return { compiled, query, aggregated: false, span };
  }

  async #evaluateRows(
    leaf: RangeAggregation,
    grid: StepGrid,
    sumGrouping: readonly string[] | null,
    compiled: CompiledLog,
    span: Span,
  ): Promise<StepSeries[]> {
    const reduced = { ...leaf, range: { ...leaf.range, log: { ...leaf.range.log, stages: stagesOf(leaf, compiled) } } };
    const extractor = compileExtractor(reduced, sumGrouping);
    const windows = new RangeWindows(leaf, grid);
    const request = this.readRequest(compiled, span, neededOf(leaf, sumGrouping, compiled));
    const isSelected = compiled.isSelected ? null : selectorTest(leaf.range.log.selector, this.#options.settings);
    const order = orderOf(leaf);
    for await (const rows of readAll(request, order === null ? null : order.direction)) {
      let bytes = 0;
      for (const row of rows) {
        bytes += row.line.length;
        // What lies between two windows is not looked at, be it at fault.
        if (!windows.covers(row.timeMs, row.timeNs)) continue;
        if (isSelected !== null && !isSelected(row)) continue;
        const sample = extractor.run(row);
        if (sample !== null) windows.add(sample.series, row.timeMs, row.timeNs, sample.value);
      }
      this.#options.onRows(rows.length, bytes);
    }
    return windows.finish();
  }
}

/** (T − R − offset, T − offset] of all steps, as a half-open span. */
function leafSpan(leaf: RangeAggregation, grid: StepGrid): Span {
  const { rangeMs, offsetMs } = leaf.range;
  const start = BigInt(Math.round(grid.startMs - offsetMs - rangeMs));
  const end = BigInt(Math.round(grid.endMs - offsetMs));
  return { startNs: start * 1_000_000n + 1n, endNs: end * 1_000_000n + 1n };
}

/**
 * The stages for rows. Which labels a parser looks for hangs on all label filters of the query, so where a parser is
 * left, only line filters may be left out.
 */
function stagesOf(leaf: RangeAggregation, compiled: CompiledLog): readonly Stage[] {
  const { stages } = leaf.range.log;
  if (!compiled.residual.some(({ kind }) => PARSERS.has(kind))) return compiled.residual;
  return stages.filter((stage) => stage.kind !== 'line-filter' || compiled.residual.includes(stage));
}

const PARSERS = new Set<Stage['kind']>(['json', 'logfmt', 'regexp', 'pattern', 'unpack']);

function neededOf(leaf: RangeAggregation, sumGrouping: readonly string[] | null, compiled: CompiledLog): NeededParts {
  const reduced = { ...leaf, range: { ...leaf.range, log: { ...leaf.range.log, stages: stagesOf(leaf, compiled) } } };
  const { line, metadata } = requiredFields(reduced, sumGrouping);
  if (metadata === true || !compiled.isSelected) return { line, metadata: 'all' };
  return { line, metadata: new Set(metadata) };
}

/** Where the order of samples of one time counts. */
function orderOf({ op }: RangeAggregation): { direction: 'forward'; limit: null; after: null } | null {
  const isOrdered = ['first_over_time', 'last_over_time', 'rate_counter'].includes(op);
  return isOrdered ? { direction: 'forward', limit: null, after: null } : null;
}
