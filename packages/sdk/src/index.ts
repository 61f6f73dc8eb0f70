export { createTailwater } from './tailwater.ts';
export type {
  Context,
  EmitEvent,
  Logger,
  Metadata,
  SampleOptions,
  Severity,
  SpoolOptions,
  Tailwater,
  TailwaterOptions,
  TailwaterStats,
  Write,
} from './types.ts';
