import { Copy, Download, Ellipsis, RefreshCw } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { persistently } from '../../api/persistently.ts';
import { useShortcuts } from '../../app/shortcuts.tsx';
import { say } from '../../app/toasts.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { Menu } from '../../components/overlays.tsx';
import { RangePicker } from '../../components/range-picker.tsx';
import { classNames } from '../../lib/class-names.ts';
import { copyText } from '../../lib/clipboard.ts';
import { pageLink } from '../../lib/page-link.ts';
import { useIsNarrow } from '../../lib/use-media.ts';
import type { LogsChange, LogsQuestion } from './logs-search.ts';
import { ViewsPopover } from './views/views-popover.tsx';

const ExportDialog = lazy(persistently(() => import('./export/export-dialog.tsx')));

interface ToolbarProps {
  question: LogsQuestion;
  onChange(change: LogsChange): void;
  onRefresh(): void;
  isBusy: boolean;
  /** LogQL that answers numbers: there are no events to come in. */
  isMetric: boolean;
}

/** Time, live, and what is done with the whole of the page. */
export function Toolbar({ question, onChange, onRefresh, isBusy, isMetric }: ToolbarProps) {
  const isNarrow = useIsNarrow();
  const [isRangeOpen, setRangeOpen] = useState(false);
  const { isLive, range } = question;
  const toggleLive = () =>
    onChange(isLive ? { isLive: false } : { isLive: true, ...(range.to !== '' && { range: { from: '-1h', to: '' } }) });
  useShortcuts([
    { keys: 'd', does: 'Choose the time range', run: () => setRangeOpen(true) },
    { keys: 'l', does: 'Live: new events come in by themselves', run: () => !isMetric && toggleLive() },
    { keys: 'r', does: 'Ask again', run: onRefresh },
  ]);
  return (
    <>
      <Button
        aria-pressed={isLive}
        disabled={isMetric}
        onClick={toggleLive}
        title={isMetric ? 'A metric has no events that could come in' : 'New events come in by themselves (l)'}
        className={classNames(isLive && 'border-good! bg-good-soft! text-good!')}
      >
        <span
          aria-hidden
          className={classNames('size-2 rounded-full', isLive ? 'animate-pulse bg-good' : 'bg-line-strong')}
        />
        Live
      </Button>
      <RangePicker
        isShort
        range={range}
        isOpen={isRangeOpen}
        onOpenChange={setRangeOpen}
        // What is over does not go on.
        onChange={(next) => onChange({ range: next, ...(next.to !== '' && { isLive: false }) })}
      />
      {!isNarrow && (
        <IconButton label="Ask again (r)" onClick={onRefresh} aria-busy={isBusy || undefined}>
          <RefreshCw size={16} aria-hidden className={classNames(isBusy && 'motion-safe:animate-spin')} />
        </IconButton>
      )}
      <ViewsPopover />
      <Share question={question} {...(isNarrow && { onRefresh })} />
    </>
  );
}

interface ShareProps {
  question: LogsQuestion;
  /** Given where there is room for one button only: then all is behind it. */
  onRefresh?(): void;
}

/** Links to what is shown, and its events as a file. */
function Share({ question, onRefresh }: ShareProps) {
  const [isExporting, setExporting] = useState(false);
  const { isLogql, range } = question;
  const copy = async (isAbsolute: boolean) => {
    await copyText(pageLink(location.href, range, { isAbsolute, nowMs: Date.now() }));
    say(isAbsolute ? 'Link copied: it shows this very stretch of time' : 'Link copied: its times move with the clock');
  };
  const links = [
    { label: 'Copy link with relative times', onSelect: () => void copy(false) },
    { label: 'Copy link with absolute times', onSelect: () => void copy(true) },
  ];
  const open = () => setExporting(true);
  const name = isLogql ? 'Export: works for searches. Switch to Search to export events' : 'Export events';
  return (
    <>
      {onRefresh === undefined ? (
        <>
          <Menu
            trigger={
              <IconButton label="Copy a link">
                <Copy size={16} aria-hidden />
              </IconButton>
            }
            items={links}
          />
          <IconButton label={name} disabled={isLogql} onClick={open}>
            <Download size={16} aria-hidden />
          </IconButton>
        </>
      ) : (
        <Menu
          trigger={
            <IconButton label="More">
              <Ellipsis size={16} aria-hidden />
            </IconButton>
          }
          items={[
            { label: 'Ask again', onSelect: onRefresh },
            ...links,
            { label: 'Export events', isDisabled: isLogql, onSelect: open },
          ]}
        />
      )}
      <Suspense>{isExporting && <ExportDialog question={question} onClose={() => setExporting(false)} />}</Suspense>
    </>
  );
}
