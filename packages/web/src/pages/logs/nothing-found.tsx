import { Button } from '../../components/button.tsx';
import { EmptyNotice } from '../../components/notice.tsx';
import { RANGE_PRESETS } from '../../lib/time.ts';
import type { LogsChange, LogsQuestion } from './logs-search.ts';

/** No event was found: what would find more. */
export function NothingFound({ question, onChange }: { question: LogsQuestion; onChange(change: LogsChange): void }) {
  const { q, isLogql, range, isLive } = question;
  if (isLogql && q.trim() === '') {
    return (
      <EmptyNotice title="Write a query">
        {'{service_name="checkout"} |= "timeout"'} finds lines of a service.
      </EmptyNotice>
    );
  }
  const at = RANGE_PRESETS.findIndex(({ from }) => from === range.from);
  const longer = range.to === '' ? RANGE_PRESETS[at < 0 ? RANGE_PRESETS.length - 1 : at + 1] : undefined;
  return (
    <EmptyNotice title={isLive ? 'No event yet' : 'No event was found'}>
      <p className="mb-3">
        {isLive
          ? 'Events that fit the search show here as they come in.'
          : q === ''
            ? 'Nothing came in during this time.'
            : 'All terms must hold at once: taking one away, or a longer time, finds more.'}
      </p>
      <div className="flex flex-wrap justify-center gap-2">
        {q !== '' && !isLogql && <Button onClick={() => onChange({ q: '' })}>Clear the search</Button>}
        {longer !== undefined && !isLive && (
          <Button onClick={() => onChange({ range: { from: longer.from, to: '' } })}>{longer.label}</Button>
        )}
      </div>
    </EmptyNotice>
  );
}
