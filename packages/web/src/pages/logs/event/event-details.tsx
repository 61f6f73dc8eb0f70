import type { LogRow } from '../table/row.ts';

export type DetailsTab = 'fields' | 'json' | 'raw' | 'context' | 'trace' | 'why';

export interface EventDetailsProps {
  /** Of the URL. */
  eventId: string;
  /** The row, when it is among those on the page; otherwise the event is asked for. */
  row: LogRow | null;
  tab: DetailsTab;
  onTab(tab: DetailsTab): void;
  onClose(): void;
  /** Goes to another event: of the context, or the one before or behind it. */
  onOpen(eventId: string): void;
  /** The rows before and behind it: `neighboursOf`. */
  previous: LogRow | null;
  next: LogRow | null;
  /** Narrows the search by a term. */
  onTerm(term: string): void;
  columns: readonly string[];
  onColumns(columns: readonly string[]): void;
  highlight: readonly string[];
}

export function EventDetails({ eventId, row }: EventDetailsProps) {
  return <aside aria-label="Event">{row?.message ?? eventId}</aside>;
}
