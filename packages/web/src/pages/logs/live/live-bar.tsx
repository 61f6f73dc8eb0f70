import { ArrowUp, Pause, Play } from 'lucide-react';
import { useShortcuts } from '../../../app/shortcuts.tsx';
import { Button } from '../../../components/button.tsx';
import { ErrorNotice } from '../../../components/notice.tsx';
import { classNames } from '../../../lib/class-names.ts';
import { formatCount, plural } from '../../../lib/format.ts';
import type { LiveState, LiveTail } from './use-live-tail.ts';

const STATES: Readonly<Record<LiveState, { text: string; dot: string }>> = {
  connecting: { text: 'Connecting …', dot: 'bg-line-strong' },
  live: { text: 'Live: new events come in at the top', dot: 'bg-good animate-pulse' },
  paused: { text: 'Paused: the rows stand still, new events are kept', dot: 'bg-warn' },
  away: { text: 'The connection is away and is tried again. What is here stays', dot: 'bg-error' },
};

interface LiveBarProps {
  live: LiveTail;
  onPause(): void;
  onResume(): void;
}

/** What live tail is doing, and how to hold it. */
export function LiveBar({ live, onPause, onResume }: LiveBarProps) {
  const { state, isPaused, newCount, missedCount, error } = live;
  const toggle = isPaused ? onResume : onPause;
  useShortcuts([{ keys: 'p', does: 'Pause or go on with live events', run: toggle }]);
  const { text, dot } = STATES[state];
  if (error !== null && state === 'away' && error.status >= 400 && error.status < 500 && error.status !== 429) {
    return <ErrorNotice error={error} className="m-2" />;
  }
  return (
    <div className="flex min-h-9 shrink-0 items-center gap-2 border-b border-line bg-raised px-3 text-xs">
      <span className={classNames('size-2 shrink-0 rounded-full', dot)} aria-hidden />
      <span role="status" className="min-w-0 flex-1 truncate">
        {text}
        {missedCount > 0 && `. ${plural(missedCount, 'event')} skipped`}
      </span>
      {isPaused && newCount > 0 && (
        <Button kind="primary" size="small" onClick={onResume} className="tabular-nums">
          <ArrowUp size={14} aria-hidden />
          {formatCount(newCount)} new
        </Button>
      )}
      <Button size="small" onClick={toggle} title={`${isPaused ? 'Go on' : 'Pause'} (p)`}>
        {isPaused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
        {isPaused ? 'Go on' : 'Pause'}
      </Button>
    </div>
  );
}
