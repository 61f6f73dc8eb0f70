import { type CommonFacts, shape } from './facts.ts';

interface RunFacts extends CommonFacts {
  agent: string;
  /** What all events of one run have in common. */
  runId: string;
}

export interface AgentStarted extends RunFacts {
  model?: string;
  trigger?: 'user' | 'schedule' | 'webhook' | 'agent';
}
export interface AgentCompleted extends RunFacts {
  durationMs: number;
  steps?: number;
  inputTokens?: number;
  outputTokens?: number;
}
export interface AgentFailed extends RunFacts {
  /** What was thrown: its message and stack are kept. */
  error: unknown;
  steps?: number;
}
export interface ToolCalled extends RunFacts {
  tool: string;
  succeeded: boolean;
  durationMs: number;
  /** Why it did not succeed. */
  reason?: string;
}
export interface TokensUsed extends RunFacts {
  model: string;
  inputTokens: number;
  outputTokens: number;
  cachedTokens?: number;
}

const LOG_TYPE = 'agent';
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const AGENT = {
  started: shape<AgentStarted>({
    logType: LOG_TYPE,
    eventType: 'agent_start',
    severity: 'info',
    message: ({ agent }) => `${agent} started`,
  }),
  completed: shape<AgentCompleted>({
    logType: LOG_TYPE,
    eventType: 'agent_complete',
    severity: 'info',
    message: ({ agent }) => `${agent} completed`,
  }),
  failed: shape<AgentFailed>({
    logType: LOG_TYPE,
    eventType: 'agent_error',
    severity: 'error',
    message: ({ agent, error }) => `${agent} failed: ${textOf(error)}`,
  }),
  toolCalled: shape<ToolCalled>({
    logType: LOG_TYPE,
    eventType: 'tool_call',
    severity: ({ succeeded }) => (succeeded ? 'info' : 'warn'),
    message: ({ tool, succeeded }) => (succeeded ? `called ${tool}` : `call of ${tool} failed`),
  }),
  tokensUsed: shape<TokensUsed>({
    logType: LOG_TYPE,
    eventType: 'token_usage',
    severity: 'info',
    message: ({ model, inputTokens, outputTokens }) => `${model}: ${inputTokens} + ${outputTokens} tokens`,
  }),
};
