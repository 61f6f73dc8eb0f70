import { ChevronDown, ChevronUp, Link as LinkIcon, X } from 'lucide-react';
import { Dialog as RadixDialog, Tabs as RadixTabs } from 'radix-ui';
import type { ReactNode } from 'react';
import { ApiError } from '../../../api/error.ts';
import { useTimeZone } from '../../../app/time-zone.ts';
import { say } from '../../../app/toasts.tsx';
import { IconButton } from '../../../components/button.tsx';
import { SeverityBadge } from '../../../components/display.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../../components/notice.tsx';
import { copyText } from '../../../lib/clipboard.ts';
import { formatTime } from '../../../lib/time.ts';
import { useIsNarrow } from '../../../lib/use-media.ts';
import { DETAILS_TABS, type DetailsTab } from '../logs-search.ts';
import type { LogRow } from '../table/row.ts';
import { ContextTab } from './context-tab.tsx';
import { DetailsPane } from './details-pane.tsx';
import { eventLink } from './event-link.ts';
import { FieldsTab } from './fields-tab.tsx';
import { JsonTab } from './json-tab.tsx';
import { RawTab } from './raw-tab.tsx';
import { TraceTab } from './trace-tab.tsx';
import { isEventId, useEvent } from './use-event.ts';
import { WholeMessage } from './whole-message.tsx';
import { WhyTab } from './why-tab.tsx';

const LABELS: Readonly<Record<DetailsTab, string>> = {
  fields: 'Fields',
  json: 'JSON',
  raw: 'Raw',
  context: 'Context',
  trace: 'Trace',
  why: 'Why is it here',
};
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

/** Everything about one event: beside the table, or over it on a phone. */
export function EventDetails(props: EventDetailsProps) {
  const { eventId, onClose } = props;
  const isNarrow = useIsNarrow();
  const found = useEvent(eventId, props.row);
  const content = (
    <>
      <Head {...props} row={found.row} />
      {found.row !== null ? (
        <Tabs key={found.row.id} {...props} row={found.row} />
      ) : (
        <NotThere {...found} eventId={eventId} />
      )}
    </>
  );
  if (!isNarrow) return <DetailsPane>{content}</DetailsPane>;
  return (
    <RadixDialog.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <RadixDialog.Portal>
        <RadixDialog.Content aria-describedby={undefined} className="fixed inset-0 z-40 flex flex-col bg-raised">
          <RadixDialog.Title className="sr-only">Event</RadixDialog.Title>
          {content}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

interface NotThereProps {
  eventId: string;
  error: Error | null;
  refetch(): unknown;
}

/** The event is under way, or nowhere. */
function NotThere({ eventId, error, refetch }: NotThereProps) {
  if (!isEventId(eventId)) {
    return (
      <EmptyNotice title="This line is not among those found">
        Lines of a LogQL answer have no address of their own. Run the query for the time of the line to see it.
      </EmptyNotice>
    );
  }
  if (error instanceof ApiError && error.status === 404) {
    return (
      <EmptyNotice title="There is no event with this id">
        Its retention may be over, or it belongs to another org.
      </EmptyNotice>
    );
  }
  return (
    <div className="p-3">
      {error === null ? (
        <Loading rows={8} label="Loading the event" />
      ) : (
        <ErrorNotice error={error} onRetry={() => void refetch()} />
      )}
    </div>
  );
}

function Head({ row, eventId, previous, next, onOpen, onClose, highlight }: EventDetailsProps) {
  const [zone] = useTimeZone();
  const copyLink = async () => {
    await copyText(eventLink(location.origin, eventId, row?.timestamp ?? null));
    say('Link to this event copied');
  };
  return (
    <header className="flex flex-col gap-1.5 border-b border-line px-3 py-2">
      <div className="flex items-center gap-0.5">
        <h2 className="mr-auto flex min-w-0 items-center gap-2 text-xs font-normal">
          {row === null ? (
            'Event'
          ) : (
            <>
              <SeverityBadge severity={row.severity} />
              <span className="truncate font-mono tabular-nums">{formatTime(row.timestamp, zone)}</span>
            </>
          )}
        </h2>
        <Step label="Previous event ([)" row={previous} onOpen={onOpen} icon={<ChevronUp size={16} aria-hidden />} />
        <Step label="Next event (])" row={next} onOpen={onOpen} icon={<ChevronDown size={16} aria-hidden />} />
        {row?.kind !== 'line' && (
          <IconButton size="small" label="Copy link to this event" onClick={copyLink}>
            <LinkIcon size={15} aria-hidden />
          </IconButton>
        )}
        <IconButton size="small" label="Close (Escape)" onClick={onClose}>
          <X size={16} aria-hidden />
        </IconButton>
      </div>
      {row !== null && row.message !== '' && <WholeMessage key={row.id} text={row.message} highlight={highlight} />}
    </header>
  );
}

interface StepProps {
  label: string;
  row: LogRow | null;
  onOpen(eventId: string): void;
  icon: ReactNode;
}

function Step({ label, row, onOpen, icon }: StepProps) {
  return (
    <IconButton size="small" label={label} disabled={row === null} onClick={() => row !== null && onOpen(row.id)}>
      {icon}
    </IconButton>
  );
}

function Tabs(props: EventDetailsProps & { row: LogRow }) {
  const { row, tab, onTab, onOpen, highlight } = props;
  const shown = row.event === null ? (['fields', 'json', 'raw'] as const) : DETAILS_TABS;
  const contents: Record<DetailsTab, () => ReactNode> = {
    fields: () => <FieldsTab {...props} />,
    json: () => <JsonTab row={row} />,
    raw: () => <RawTab row={row} />,
    context: () => <ContextTab row={row} onOpen={onOpen} highlight={highlight} />,
    trace: () => <TraceTab row={row} />,
    why: () => <WhyTab eventId={row.id} />,
  };
  return (
    <RadixTabs.Root
      value={(shown as readonly string[]).includes(tab) ? tab : 'fields'}
      onValueChange={(next) => onTab(next as DetailsTab)}
      className="flex min-h-0 flex-1 flex-col"
    >
      <RadixTabs.List aria-label="About the event" className="flex shrink-0 overflow-x-auto border-b border-line px-1">
        {shown.map((name) => (
          <RadixTabs.Trigger
            key={name}
            value={name}
            className="-mb-px cursor-pointer border-b-2 border-transparent px-2.5 py-1.5 text-xs font-medium whitespace-nowrap text-muted outline-offset-[-2px] hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {LABELS[name]}
          </RadixTabs.Trigger>
        ))}
      </RadixTabs.List>
      {shown.map((name) => (
        <RadixTabs.Content key={name} value={name} className="flex min-h-0 flex-1 flex-col outline-offset-[-2px]">
          {contents[name]()}
        </RadixTabs.Content>
      ))}
    </RadixTabs.Root>
  );
}
