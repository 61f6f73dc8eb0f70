import type { RangeAggregation, Stage, Unwrap } from '@tailwater/schema/logql';
import { bytesError, durationError, floatError, parseBytes, parseGoDuration, parseGoFloat } from '../values/index.ts';
import { compileStages } from './compile-stages.ts';
import { countsBytes, leafGrouping, leafHints, leafStages } from './hints.ts';
import { labelFilterTest } from './label-filter.ts';
import { StageRunner } from './pipeline.ts';
import { RowLabels } from './row-labels.ts';
import { SeriesTable } from './series-table.ts';
import { EXTRACTION_ERROR, type RowState } from './stage.ts';
import type { Extractor, Sample } from './types.ts';

/** The value of the row, null where it has none. */
type ReadValue = (state: RowState) => number | null;

/**
 * What a range aggregation makes of its rows: values and the labels of their series, grouped by the leaf's own grouping
 * or by `sumGrouping`, the labels of an enclosing `sum by (…)` that is pushed inside (null: there is none). Keeps state
 * between rows. Throws badQuery for stages that cannot be run.
 */
export function compileExtractor(leaf: RangeAggregation, sumGrouping: readonly string[] | null): Extractor {
  const grouping = leafGrouping(leaf, sumGrouping);
  const stages: Stage[] = leafStages(leaf);
  const labels = new RowLabels(leafHints(leaf, stages, grouping));
  const runner = new StageRunner(labels, (target) => compileStages(target, stages));
  const readValue = compileValue(leaf, labels);
  const series = new SeriesTable(labels, grouping);
  const sample: Sample = { value: 0, series: { key: '', labels: [], error: null } };
  return {
    run: (row) => {
      if (!runner.run(row)) return null;
      const value = readValue(runner.state);
      if (value === null) return null;
      sample.value = value;
      sample.series = series.find();
      return sample;
    },
  };
}

function compileValue(leaf: RangeAggregation, labels: RowLabels): ReadValue {
  const { unwrap } = leaf.range;
  if (unwrap !== null) return unwrapped(unwrap, labels);
  if (countsBytes(leaf)) return (state) => Buffer.byteLength(state.line);
  return () => 1;
}

/** The label's value; a row without one has none, one that cannot be read counts as 0 and has an error. */
function unwrapped({ label, conversion, filters }: Unwrap, labels: RowLabels): ReadValue {
  const slot = labels.slots.pin(label);
  const [parse, explain] = conversionOf(conversion);
  const tests = filters.map((filter) => labelFilterTest(labels, filter));
  return () => {
    const text = labels.get(slot);
    if (text === undefined || text === '') return null;
    const value = parse(text);
    if (value === null) labels.fail(EXTRACTION_ERROR, explain(text));
    for (const test of tests) if (!test()) return null;
    return value ?? 0;
  };
}

function conversionOf(
  conversion: Unwrap['conversion'],
): [parse: (text: string) => number | null, explain: (text: string) => string] {
  if (conversion === null) return [parseGoFloat, floatError];
  return conversion === 'bytes' ? [parseBytes, bytesError] : [parseGoDuration, durationError];
}
