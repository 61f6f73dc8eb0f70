import type { EmitEvent, Metadata } from './types.ts';

const TEXT_CHARACTERS_MAX = 8_192;
/** Under the 64 KiB of a request, with room for its neighbours. */
const LINE_BYTES_MAX = 60_000;

const encoder = new TextEncoder();
export const bytesOf = (text: string): number => encoder.encode(text).length;

/** Without query and fragment of the addresses in it, which often hold what is personal. Line and column stay. */
export function withoutQueries(text: string): string {
  return text.slice(0, TEXT_CHARACTERS_MAX).replace(/(:\/\/[^\s?#]*)[?#]\S*?(?=(:\d+)*\)?(\s|$))/g, '$1');
}

/** Type, message and stack of what was thrown, whatever that is. */
export function exceptionOf(thrown: unknown): { type?: string; message: string; stacktrace?: string } {
  if (!(thrown instanceof Error)) return { message: withoutQueries(String(thrown)) };
  const { name, message, stack } = thrown;
  const exception = { type: String(name), message: withoutQueries(String(message)) };
  return stack ? { ...exception, stacktrace: withoutQueries(String(stack)) } : exception;
}

/** What JSON cannot write is left out, one by one. */
function readable(metadata: Metadata): Metadata {
  const kept: Metadata = {};
  for (const name of Object.keys(metadata)) {
    try {
      const value = metadata[name];
      kept[name] = value instanceof Error ? exceptionOf(value) : JSON.parse(JSON.stringify(value));
    } catch {
      kept[name] = undefined;
    }
  }
  return kept;
}

function isoTime(time: EmitEvent['timestamp']): string {
  const date = new Date(time ?? Number.NaN);
  return (Number.isNaN(+date) ? new Date() : date).toISOString();
}

/** The event under the platform's names, `more` among its metadata. The metadata are last, and never empty. */
export function writeLine(event: EmitEvent, service: string, id: string, more: Metadata): string {
  const write = (metadata: Metadata) =>
    JSON.stringify({
      timestamp: isoTime(event.timestamp),
      severity: event.severity ?? 'info',
      service,
      log_type: event.logType,
      event_type: event.eventType,
      message: String(event.message ?? '').slice(0, TEXT_CHARACTERS_MAX),
      logger: event.logger,
      user_id: event.userId,
      resource_id: event.resourceId,
      resource_type: event.resourceType,
      action: event.action,
      trace_id: event.traceId,
      span_id: event.spanId,
      request_id: event.requestId,
      duration_ms: event.durationMs,
      cost: event.cost,
      event_id: id,
      metadata: { ...metadata, ...more },
    });
  const line = write(readable(event.metadata ?? {}));
  // A character has 3 bytes at most: only long lines are worth counting.
  return line.length * 3 > LINE_BYTES_MAX && bytesOf(line) > LINE_BYTES_MAX ? write({ truncated: true }) : line;
}

/** Adds one more to the metadata of a line that writeLine wrote. */
export const addToLine = (line: string, name: string, value: string): string =>
  `${line.slice(0, -2)},${JSON.stringify(name)}:${JSON.stringify(value)}}}`;
