import { useLayoutEffect, useRef, useState } from 'react';
import { useTimeZone } from '../../../app/time-zone.ts';
import { Button } from '../../../components/button.tsx';
import { ErrorNotice, Loading } from '../../../components/notice.tsx';
import { classNames } from '../../../lib/class-names.ts';
import { isSeverity, SEVERITY_LOOKS } from '../../../lib/severity.ts';
import { MessageText } from '../table/message-text.tsx';
import type { LogRow } from '../table/row.ts';
import { rowTime } from '../table/row-time.ts';
import { useContextOf } from './use-event.ts';

const FIRST = 10;
const STEP = 40;
/** As many as the server gives on one side. */
const MOST = 500;

interface ContextTabProps {
  row: LogRow;
  onOpen(eventId: string): void;
  highlight: readonly string[];
}

/** What happened just before and after it, in the same service on the same host. */
export function ContextTab({ row, onOpen, highlight }: ContextTabProps) {
  const [around, setAround] = useState({ before: FIRST, after: FIRST });
  const { data, error, refetch, isPlaceholderData } = useContextOf(row.id, around);
  const scroller = useRef<HTMLDivElement>(null);
  const isThere = data !== undefined;
  // It begins with the event in the middle.
  useLayoutEffect(() => {
    const box = scroller.current;
    const marked = isThere && box?.querySelector<HTMLElement>('[aria-current]');
    if (box && marked) box.scrollTop = marked.offsetTop - (box.clientHeight - marked.offsetHeight) / 2;
  }, [isThere]);
  if (data === undefined) {
    return (
      <div className="p-3">
        {error === null ? <Loading rows={10} /> : <ErrorNotice error={error} onRetry={() => void refetch()} />}
      </div>
    );
  }
  const { service, host } = row.event!;
  const more = (side: 'before' | 'after') => () =>
    setAround({ ...around, [side]: Math.min(MOST, around[side] + STEP) });
  const canMore = (side: 'before' | 'after') => data[side].length >= around[side] && around[side] < MOST;
  return (
    <div ref={scroller} className="relative min-h-0 flex-1 overflow-y-auto pb-4">
      <p className="px-3 py-2 text-xs text-muted">
        {service === '' && host === ''
          ? 'Events without service and host around it.'
          : `Events of ${[service, host].filter((part) => part !== '').join(' on ')} around it, oldest first.`}
      </p>
      <MoreButton side="before" canMore={canMore('before')} isBusy={isPlaceholderData} onMore={more('before')} />
      <ol className="border-y border-line">
        {[...data.before, data.event, ...data.after].map((one) => (
          <ContextRow key={one.id} row={one} isThis={one.id === row.id} onOpen={onOpen} highlight={highlight} />
        ))}
      </ol>
      <MoreButton side="after" canMore={canMore('after')} isBusy={isPlaceholderData} onMore={more('after')} />
    </div>
  );
}

interface MoreButtonProps {
  side: 'before' | 'after';
  canMore: boolean;
  isBusy: boolean;
  onMore(): void;
}

function MoreButton({ side, canMore, isBusy, onMore }: MoreButtonProps) {
  if (!canMore) {
    return (
      <p className="px-3 py-1.5 text-xs text-muted">
        {side === 'before' ? 'None earlier' : 'None later'} within 24 hours.
      </p>
    );
  }
  return (
    <Button size="small" kind="quiet" className="mx-1 my-0.5" isBusy={isBusy} onClick={onMore}>
      {side === 'before' ? 'Show more before it' : 'Show more after it'}
    </Button>
  );
}

interface ContextRowProps {
  row: LogRow;
  isThis: boolean;
  onOpen(eventId: string): void;
  highlight: readonly string[];
}

function ContextRow({ row, isThis, onOpen, highlight }: ContextRowProps) {
  const [zone] = useTimeZone();
  const severity = isSeverity(row.severity) ? row.severity : 'info';
  return (
    <li>
      <button
        type="button"
        aria-current={isThis || undefined}
        disabled={isThis}
        onClick={() => onOpen(row.id)}
        className={classNames(
          'block w-full px-3 py-[3px] text-left font-mono text-xs leading-5 outline-offset-[-2px]',
          isThis ? 'border-l-4 border-accent bg-accent-soft' : 'border-l-4 border-transparent hover:bg-sunken',
        )}
      >
        <span className="line-clamp-3 break-words">
          <span className="tabular-nums">{rowTime(row.timestamp, zone).clock} </span>
          <span className={classNames('font-semibold', SEVERITY_LOOKS[severity].text)}>{severity} </span>
          {isThis && <span className="sr-only">This event: </span>}
          <span dir="auto">
            <MessageText text={row.message} words={highlight} isOneLine lengthMax={500} />
          </span>
        </span>
      </button>
    </li>
  );
}
