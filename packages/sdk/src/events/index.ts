import type { EmitEvent, Tailwater } from '../types.ts';
import { ADMIN } from './admin.ts';
import { AGENT } from './agent.ts';
import { AUTH } from './auth.ts';
import type { CommonFacts, EventShape } from './facts.ts';
import { GATEWAY } from './gateway.ts';
import { KNOWLEDGE_BASE } from './knowledge-base.ts';

export type * from './admin.ts';
export type * from './agent.ts';
export type * from './auth.ts';
export type { ClientFacts, CommonFacts } from './facts.ts';
export type * from './gateway.ts';
export type * from './knowledge-base.ts';

// biome-ignore lint: x
type Shapes = Readonly<Record<string, EventShape<never>>>;

/** For each shape a function that takes its facts. */
type Emitters<S extends Shapes> = {
  readonly [Name in keyof S]: (facts: Parameters<S[Name]['message']>[0]) => void;
};
