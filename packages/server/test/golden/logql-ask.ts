import type { Answer } from '../support/loki/answers.ts';
import { type LokiServer, queryInstant, queryRange, type RangeParameters } from '../support/loki/http-client.ts';
import type { MemoryEngine } from '../support/loki/memory-engine.ts';
import type { Ask, GoldenCase } from './logql-cases.ts';

const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n;

/** Asks a server what a golden case asks. */
export function askServer(server: LokiServer, { query, ask }: GoldenCase): Promise<Answer> {
  if (ask.kind === 'instant') return queryInstant(server, query, nanos(ask.timeMs));
  return queryRange(server, rangeOf(query, ask));
}

/** Asks the engine in this process. */
export function askEngine(engine: MemoryEngine, { query, ask }: GoldenCase): Promise<Answer> {
  return ask.kind === 'instant' ? engine.instant(query, ask.timeMs) : engine.range(rangeOf(query, ask));
}

function rangeOf(query: string, ask: Exclude<Ask, { kind: 'instant' }>): RangeParameters {
  const span = { query, startNs: nanos(ask.startMs), endNs: nanos(ask.endMs) };
  if (ask.kind === 'range') return { ...span, stepMs: ask.stepMs };
  const { limit, direction, intervalMs, categorize } = ask;
  return { ...span, limit, direction, categorize, ...(intervalMs !== undefined && { intervalMs }) };
}
