/** A name without case, underscores and hyphens: trace_id, traceId, TraceID and trace-id are one. */
export function looseName(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}
