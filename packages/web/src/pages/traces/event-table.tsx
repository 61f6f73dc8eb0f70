import { useRouter } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ExternalLink } from 'lucide-react';
import { type MouseEvent, memo, useRef } from 'react';
import { stringifySearch } from '../../app/search-params.ts';
import { SeverityBadge } from '../../components/display.tsx';
import { classNames } from '../../lib/class-names.ts';
import { formatDuration } from '../../lib/format.ts';
import type { LogsLink } from '../../lib/logs-link.ts';
import { firstLine } from '../../lib/plain-text.ts';
import type { TraceEvent, TraceLayout } from './trace-layout.ts';
import { useRowInView } from './use-row-in-view.ts';

const ROW_PX = 30;
const COLUMNS = 6;

interface EventTableProps {
  events: readonly TraceEvent[];
  layout: TraceLayout;
  chosen: number;
  onChoose(event: number): void;
  /** All events of the trace in Logs. */
  link: LogsLink;
}

/** The events of a trace in their order. Only the rows that are seen are there. */
export function EventTable({ events, layout, chosen, onChoose, link }: EventTableProps) {
  const scroller = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  // The head stays on top and covers what is below it.
  useRowInView(rows, scroller, chosen, { rowPx: ROW_PX, headPx: ROW_PX });
  const items = rows.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = rows.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <section
      ref={scroller}
      tabIndex={0}
      aria-label="Events of the trace"
      className="max-h-[60dvh] min-h-40 overflow-auto"
    >
      <table
        className="w-full min-w-[34rem] table-fixed text-left"
        aria-label="Events of the trace"
        aria-rowcount={events.length + 1}
      >
        <thead>
          <tr className="sticky top-0 z-10 h-[30px] bg-raised text-xs text-muted" aria-rowindex={1}>
            <th scope="col" className="w-24 px-2 text-right font-medium">
              Offset
            </th>
            <th scope="col" className="w-32 px-2 font-medium">
              Service
            </th>
            <th scope="col" className="w-20 px-2 font-medium">
              Severity
            </th>
            <th scope="col" className="px-2 font-medium">
              Message
            </th>
            <th scope="col" className="w-20 px-2 text-right font-medium">
              Duration
            </th>
            <th scope="col" className="w-10">
              <span className="sr-only">Open</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Spacer heightPx={before} />}
          {items.map(({ index }) => (
            <EventRow
              key={events[index]!.event_id}
              event={events[index]!}
              index={index}
              offsetMs={layout.places[index]!.endMs}
              isChosen={index === chosen}
              {...{ onChoose, link }}
            />
          ))}
          {after > 0 && <Spacer heightPx={after} />}
        </tbody>
      </table>
    </section>
  );
}

/** Stands for rows that are not there. */
function Spacer({ heightPx }: { heightPx: number }) {
  return (
    <tr>
      <td colSpan={COLUMNS} className="p-0" style={{ height: heightPx }} />
    </tr>
  );
}

interface EventRowProps extends Pick<EventTableProps, 'onChoose' | 'link'> {
  event: TraceEvent;
  index: number;
  offsetMs: number;
  isChosen: boolean;
}

const EventRow = memo(function EventRow({ event, index, offsetMs, isChosen, onChoose, link }: EventRowProps) {
  const { service, severity, message, duration_ms } = event;
  const line = firstLine(message);
  return (
    <tr
      aria-rowindex={index + 2}
      {...(isChosen && { 'aria-current': true })}
      className={classNames('h-[30px] border-t border-line', isChosen ? 'bg-accent-soft' : 'hover:bg-sunken')}
    >
      <td className="px-2 text-right text-xs whitespace-nowrap tabular-nums">+{formatDuration(offsetMs)}</td>
      <td className="truncate px-2 text-xs">{service === '' ? '–' : service}</td>
      <td className="px-2">
        <SeverityBadge severity={severity} />
      </td>
      <td className="px-2">
        <button
          type="button"
          dir="auto"
          className="block w-full truncate text-left font-mono text-xs"
          onClick={() => onChoose(index)}
        >
          {line === '' ? <span className="text-muted">(empty message)</span> : line}
        </button>
      </td>
      <td className="px-2 text-right text-xs whitespace-nowrap text-muted tabular-nums">
        {duration_ms === null ? '' : formatDuration(duration_ms)}
      </td>
      <td>
        <OpenLink link={link} eventId={event.event_id} />
      </td>
    </tr>
  );
});

/** The router's own links work out their address at every change of the page's: too much for rows that come and go. */
function OpenLink({ link, eventId }: { link: LogsLink; eventId: string }) {
  const router = useRouter();
  const href = `${link.to}${stringifySearch({ ...link.search, event: eventId })}`;
  const open = (event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void router.navigate({ href });
  };
  return (
    <a
      href={href}
      onClick={open}
      aria-label="Open this event in Logs"
      title="Open this event in Logs"
      className="inline-flex size-7 items-center justify-center rounded text-muted hover:text-text"
    >
      <ExternalLink size={13} aria-hidden />
    </a>
  );
}
