import { History } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../../../components/button.tsx';
import { Badge } from '../../../components/display.tsx';
import { Input } from '../../../components/field.tsx';
import { Popover } from '../../../components/overlays.tsx';
import { formatAgo } from '../../../lib/time.ts';
import { searchHistory } from './history.ts';
import { useQueryHistory } from './query-history.ts';

/** The queries that were run at this browser, to run one again. */
export function HistoryPopover({ onRun }: { onRun(q: string, isLogql: boolean): void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover
      label="Query history"
      className="w-[32rem]"
      isOpen={isOpen}
      onOpenChange={setOpen}
      trigger={
        <IconButton label="Query history">
          <History size={17} aria-hidden />
        </IconButton>
      }
    >
      <PastQueries
        onRun={(q, isLogql) => {
          setOpen(false);
          onRun(q, isLogql);
        }}
      />
    </Popover>
  );
}

function PastQueries({ onRun }: { onRun(q: string, isLogql: boolean): void }) {
  const { history, clear } = useQueryHistory();
  const [text, setText] = useState('');
  const [nowMs] = useState(() => Date.now());
  if (history.length === 0) return <p className="text-muted">Queries that you run are kept here, in this browser.</p>;
  const found = searchHistory(history, text);
  return (
    <div className="flex flex-col gap-2">
      <Input
        aria-label="Find in the query history"
        placeholder="Find"
        value={text}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
      <ul aria-label="Past queries" className="flex max-h-80 flex-col overflow-y-auto">
        {found.map(({ q, isLogql, at }) => (
          <li key={`${isLogql} ${q}`}>
            <button
              type="button"
              className="flex w-full items-baseline gap-2 rounded px-2 py-1.5 text-left hover:bg-sunken"
              onClick={() => onRun(q, isLogql)}
            >
              <span className="min-w-0 flex-1 truncate font-mono text-[13px]">{q}</span>
              {isLogql && <Badge>LogQL</Badge>}
              <span className="shrink-0 text-xs text-muted">{formatAgo(at, nowMs)}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="text-muted">None of the last {history.length} has these words.</p>}
      <Button kind="quiet" size="small" className="self-end" onClick={clear}>
        Forget all
      </Button>
    </div>
  );
}
