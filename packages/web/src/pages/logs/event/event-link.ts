const AROUND_MS = 5 * 60_000;

/** A link that opens the event among those of the minutes around it, for whoever gets it, whenever. */
export function eventLink(origin: string, eventId: string, timestamp: string | null): string {
  const params = new URLSearchParams();
  if (timestamp !== null) {
    const ms = Date.parse(timestamp);
    params.set('from', new Date(ms - AROUND_MS).toISOString());
    params.set('to', new Date(ms + AROUND_MS).toISOString());
  }
  params.set('event', eventId);
  return `${origin}/logs?${params.toString().replaceAll('%3A', ':')}`;
}
