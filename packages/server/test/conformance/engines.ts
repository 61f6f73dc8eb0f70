import type { Answer } from '../support/loki/answers.ts';
import { type LokiServer, push, queryInstant, queryRange } from '../support/loki/http-client.ts';
import { memoryEngine } from '../support/loki/memory-engine.ts';
import type { PushStream } from '../support/loki-push.ts';
import { EPOCH_MS, type Evaluation } from './logqltest-format.ts';

/** What runs a scenario: it has loaded nothing at first. */
export interface ScenarioEngine {
  load(streams: readonly PushStream[]): Promise<void>;
  evaluate(evaluation: Evaluation): Promise<Answer>;
}

const nanosAt = (offsetMs: number): bigint => BigInt(EPOCH_MS + offsetMs) * 1_000_000n;

/** Over HTTP, as the org of the server's headers. */
export function serverEngine(server: LokiServer): ScenarioEngine {
  return {
    load: (streams) => push(server, streams),
    evaluate: ({ query, startMs, endMs, stepMs }) =>
      stepMs === null
        ? queryInstant(server, query, nanosAt(startMs))
        : queryRange(server, { query, startNs: nanosAt(startMs), endNs: nanosAt(endMs), stepMs }),
  };
}

/** In this process, over rows: without a server, and without SQL. */
export function processEngine(): ScenarioEngine {
  const engine = memoryEngine();
  return {
    load: async (streams) => engine.load(streams),
    evaluate: ({ query, startMs, endMs, stepMs }) =>
      stepMs === null
        ? engine.instant(query, EPOCH_MS + startMs)
        : engine.range({ query, startNs: nanosAt(startMs), endNs: nanosAt(endMs), stepMs }),
  };
}
