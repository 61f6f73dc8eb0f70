import { mergeContexts, type WrittenContext, writeContext } from './context.ts';
import type { Emitter, LoggerState } from './emitter.ts';
import { CRITICAL, DEBUG, ERROR, INFO, rankOf, WARN } from './severity.ts';
import type { Context, EmitEvent, Logger, Metadata, Severity } from './types.ts';

/** A logger: its methods may be taken off it and passed on. */
export function createLogger(emitter: Emitter, state: LoggerState, own: WrittenContext | undefined): Logger {
  const write = (rank: number) => (message: string | Error, metadata?: Metadata) =>
    emitter.write(state, rank, own, message, metadata);
  return {
    debug: write(DEBUG),
    info: write(INFO),
    warn: write(WARN),
    error: write(ERROR),
    critical: write(CRITICAL),
    emit: (event: EmitEvent) => emitter.emit(event, state, own),
    child: (context: Context) => createLogger(emitter, state, writeContext(mergeContexts(own?.context, context))),
    isEnabled: (severity: Severity) => emitter.isEnabled(state, rankOf(severity)),
  };
}
