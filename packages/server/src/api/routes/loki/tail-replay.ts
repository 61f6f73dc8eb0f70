import type { JournalPosition } from '../../../journal/journal.ts';
import { renderFramesBefore } from '../../../query/events-sql.ts';
import type { AnswerLine } from '../../../query/logql/encode.ts';
import { compileLog } from '../../../query/logql/plan/compile.ts';
import { readPages } from '../../../query/logql/plan/read-rows.ts';
import { selectStreams } from '../../../query/logql/plan/selection.ts';
import { readStreams } from '../../../query/logql/plan/universe.ts';
import { RetryableError } from '../../../runtime/errors.ts';
import type { EventStore } from '../../../stores/store.ts';
import type { TailLines } from './tail-lines.ts';
import type { LokiTailQuestion } from './tail-question.ts';

export interface ReplayRequest {
  store: EventStore;
  orgId: string;
  node: number;
  /** Events before it are the store's to give, the others come live. */
  seam: JournalPosition;
  question: LokiTailQuestion;
  lines: TailLines;
  nowMs: number;
  signal: AbortSignal;
}

/** Live events wait while it is looked for older ones, and their window is not large. */
const REPLAY_MS_MAX = 5_000;
/** Clocks of senders may run ahead. */
const AHEAD_MS = 3_600_000;

/** The newest lines that the store has since the start, oldest first; those that were found in five seconds. */
export async function replay(request: ReplayRequest): Promise<AnswerLine[]> {
  const found: AnswerLine[] = [];
  try {
    await find(request, found);
  } catch (error) {
    if (!(error instanceof RetryableError) || error.code !== 'query_timeout') throw error;
  }
  return found.reverse();
}

async function find(request: ReplayRequest, found: AnswerLine[]): Promise<void> {
  const { store, orgId, node, seam, question, lines, nowMs, signal } = request;
  const { expr, settings, startNs, limit } = question;
  const endAtMs = performance.now() + REPLAY_MS_MAX;
  const span = { startNs, endNs: BigInt(nowMs + AHEAD_MS) * 1_000_000n };
  const selection = selectStreams(await readStreams(store, orgId, span, signal), expr.selector, settings);
  if (selection.groups.length === 0) return;
  const options = { settings, pushDown: true };
  const compiled = compileLog(expr, selection, options);
  const before = renderFramesBefore({ node, frame: seam }, compiled.params);
  const read = {
    store,
    orgId,
    span,
    options,
    signal,
    timeoutMs: Math.min(REPLAY_MS_MAX, settings.queryTimeoutMs),
    compiled: { ...compiled, conditions: [...compiled.conditions, before] },
  };
  const pageRows = compiled.residual.length === 0 ? limit : null;
  for await (const rows of readPages(read, 'backward', pageRows)) {
    for (const row of rows) {
      const line = lines.ofRow(row);
      if (line !== null && found.push(line) === limit) return;
      await lines.breathe();
    }
    if (performance.now() > endAtMs) return;
  }
}
