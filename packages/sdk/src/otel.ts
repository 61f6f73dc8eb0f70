/** The span that is active where the program is. */
export interface ActiveSpan {
  traceId: string;
  spanId: string;
}

interface OtelGlobal {
  context?: { active(): { getValue(key: symbol): unknown } };
}

/**
 * Every copy of `@opentelemetry/api` 1.x in a process registers itself here, and shares what the others registered: so
 * nothing needs to be imported, and without OpenTelemetry this costs one look at a global.
 * https://github.com/open-telemetry/opentelemetry-js/blob/main/api/src/internal/global-utils.ts
 */
const API = Symbol.for('opentelemetry.js.api.1');
/** https://github.com/open-telemetry/opentelemetry-js/blob/main/api/src/trace/context-utils.ts */
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
const NO_TRACE = '00000000000000000000000000000000';

const globals: Record<symbol, OtelGlobal | undefined> = globalThis as never;

/** Undefined without OpenTelemetry, or when no span is active. */
export function activeSpan(): ActiveSpan | undefined {
  const manager = globals[API]?.context;
  if (manager === undefined) return undefined;
  const span = manager.active().getValue(SPAN) as { spanContext?(): ActiveSpan } | undefined;
  const context = span?.spanContext?.();
  return context === undefined || context.traceId === NO_TRACE ? undefined : context;
}
