import type { TailMissed } from '../../../consumers/live-tail/wire.ts';
import { type AnswerLine, streamsJson } from '../../../query/logql/encode.ts';
import type { StoredRow } from '../../../query/logql/events/fields.ts';
import { type RowMapper, rowMapper } from '../../../query/logql/events/row-mapper.ts';
import { compilePipeline, type Pipeline } from '../../../query/logql/pipeline/index.ts';
import { selectorTest } from '../../../query/logql/plan/row-selector.ts';
import type { LogRow } from '../../../query/logql/row.ts';
import type { LokiTailQuestion } from './tail-question.ts';

/** How long lines are made before other work of the thread is let through. */
const BREATH_MS = 5;
/** What is remembered of streams grows with them, and a tail may last for days. */
const ROWS_PER_COMPILATION = 50_000;

interface Compiled {
  mapper: RowMapper;
  isSelected: (row: LogRow) => boolean;
  pipeline: Pipeline;
}

/** Makes lines of events as a query says it. No regular expression of a query backtracks, and turns are short. */
export class TailLines {
  private readonly question: LokiTailQuestion;
  private compiled: Compiled;
  private rows = 0;
  private breathMs = 0;

  constructor(question: LokiTailQuestion) {
    this.question = question;
    this.compiled = this.compile();
  }

  private compile(): Compiled {
    const { expr, settings } = this.question;
    return {
      mapper: rowMapper(settings),
      isSelected: selectorTest(expr.selector, settings),
      pipeline: compilePipeline(expr.stages),
    };
  }

  /** The line of a row, null when the query does not take it. */
  ofRow(row: LogRow): AnswerLine | null {
    const { isSelected, pipeline } = this.compiled;
    if (!isSelected(row)) return null;
    const labels = pipeline.run(row);
    return labels === null ? null : { timeMs: row.timeMs, timeNs: row.timeNs, labels };
  }

  /** The lines of live events, which come as JSON of rows. */
  async ofEvents(events: readonly { json: string }[]): Promise<AnswerLine[]> {
    const lines: AnswerLine[] = [];
    for (const { json } of events) {
      if (++this.rows % ROWS_PER_COMPILATION === 0) this.compiled = this.compile();
      const line = this.ofRow(this.compiled.mapper.map(JSON.parse(json) as StoredRow));
      if (line !== null) lines.push(line);
      await this.breathe();
    }
    return lines;
  }

  /** To be called in loops: gives the thread away once it was held for a while. */
  async breathe(): Promise<void> {
    if (performance.now() - this.breathMs <= BREATH_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.breathMs = performance.now();
  }
}

/** What a frame tells of events that were not sent: Loki lists them, we know their number. */
export interface DroppedEntry {
  labels: { dropped_events: string };
  timestamp: string;
}

/** Events are counted without a look at the query's stages, so any number is a bound. */
export function droppedEntry({ count }: TailMissed, nowMs: number): DroppedEntry {
  const dropped = count === null ? 'unknown' : `at most ${count}`;
  return { labels: { dropped_events: dropped }, timestamp: `${nowMs}000000` };
}

/** As many lines as Loki sends at once. */
const FRAME_LINES_MAX = 100;
const FRAME_CHARACTERS_MAX = 1 << 20;

/**
 * Lines as texts of WebSocket messages, each line as a stream of its own: clients print them in the order of the frame.
 * https://grafana.com/docs/loki/latest/reference/loki-http-api/#stream-logs
 */
export function tailFrames(
  lines: readonly AnswerLine[],
  { categorizeLabels }: Pick<LokiTailQuestion, 'categorizeLabels'>,
  dropped: readonly DroppedEntry[] = [],
): string[] {
  const frames: string[] = [];
  let streams: string[] = [];
  let characters = 0;
  const close = () => {
    const entries = dropped.length === 0 || frames.length > 0 ? '' : `,"dropped_entries":${JSON.stringify(dropped)}`;
    const flags = categorizeLabels ? ',"encodingFlags":["categorize-labels"]' : '';
    frames.push(`{"streams":[${streams.join(',')}]${entries}${flags}}`);
    streams = [];
    characters = 0;
  };
  for (const line of lines) {
    const stream = streamsJson([line], categorizeLabels).slice(1, -1);
    streams.push(stream);
    characters += stream.length;
    if (streams.length === FRAME_LINES_MAX || characters >= FRAME_CHARACTERS_MAX) close();
  }
  if (streams.length > 0) close();
  return frames;
}
