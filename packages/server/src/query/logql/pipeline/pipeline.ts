import type { Stage } from '@tailwater/schema/logql';
import type { Labels, LogRow } from '../row.ts';
import { type CompiledStages, compileStages, passesLine } from './compile-stages.ts';
import { EXTRACT_ALL, mergeLabels, RowLabels } from './row-labels.ts';
import type { RowState } from './stage.ts';
import type { Pipeline, ProcessedLine } from './types.ts';

/**
 * The stages of a log query, ready to run over its rows one after another; keeps state between them, so that each query
 * needs its own. Throws badQuery for stages that cannot be run.
 */
export function compilePipeline(stages: readonly Stage[]): Pipeline {
  const runner = new StageRunner(new RowLabels(EXTRACT_ALL), (labels) => compileStages(labels, stages));
  return { run: (row) => (runner.run(row) ? processed(runner.state) : null) };
}

/** The stages with the state of the row that they are at. */
export class StageRunner {
  readonly state: RowState;
  readonly #compiled: CompiledStages;

  constructor(labels: RowLabels, compile: (labels: RowLabels) => CompiledStages) {
    this.#compiled = compile(labels);
    this.state = { row: NO_ROW, line: '', labels };
  }

  /** False: the row is filtered out. */
  run(row: LogRow): boolean {
    const { lineTests, stages } = this.#compiled;
    if (!passesLine(lineTests, row.line)) return false;
    const { state } = this;
    state.row = row;
    state.line = row.line;
    state.labels.begin(row);
    for (let i = 0; i < stages.length; i++) if (!(stages[i] as (state: RowState) => boolean)(state)) return false;
    return true;
  }
}

const NO_ROW: LogRow = {
  timeMs: 0,
  timeNs: 0,
  stream: { labels: new Map(), sorted: [] },
  metadata: [],
  line: '',
};

function processed({ line, labels }: RowState): ProcessedLine {
  return {
    line,
    stream: labels.streamLabels(),
    metadata: labels.metadataLabels(),
    parsed: labels.isUnchanged() ? NO_ROW.metadata : labels.parsedLabels(),
  };
}

/** All labels of a processed line, as a client sees them that does not ask for categories. */
export function mergedLabels({ stream, metadata, parsed }: ProcessedLine): Labels {
  return mergeLabels(mergeLabels(stream, metadata), parsed);
}
