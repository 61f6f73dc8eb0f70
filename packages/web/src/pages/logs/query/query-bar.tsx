import { lazy, type Ref, Suspense, useId, useRef } from 'react';
import { ApiError } from '../../../api/error.ts';
import { persistently } from '../../../api/persistently.ts';
import { Button } from '../../../components/button.tsx';
import { Segments } from '../../../components/choices.tsx';
import { searchAsLogql } from '../logql/from-search.ts';
import type { LogsChange, LogsQuestion } from '../logs-search.ts';
import { HistoryPopover } from './history-popover.tsx';
import { QueryBox, type QueryHandle } from './query-box.tsx';
import { QueryFault } from './query-fault.tsx';
import { rememberQuery } from './query-history.ts';
import { SyntaxHelp } from './syntax-help.tsx';
import { TermChips } from './term-chips.tsx';

const LogqlEditor = lazy(persistently(() => import('../logql/logql-editor.tsx')));

const MODES = [
  { id: 'search', label: 'Search' },
  { id: 'logql', label: 'LogQL' },
] as const;

interface QueryBarProps {
  question: LogsQuestion;
  /** What the server says of the query. */
  error: unknown;
  onChange(change: LogsChange): void;
  /** The same query again. */
  onRefresh(): void;
  handle: Ref<QueryHandle>;
}

/** The query, in either language, with its history and its help. */
export function QueryBar({ question, error, onChange, onRefresh, handle }: QueryBarProps) {
  const { q, isLogql, range } = question;
  const own = useRef<QueryHandle>(null);
  const faultId = useId();
  const setMode = useModes(question, onChange);
  const fault = error instanceof ApiError && error.code === 'invalid_query' && !isLogql ? error.message : null;
  const run = (next: string, nextIsLogql = isLogql) => {
    rememberQuery(next, nextIsLogql);
    if (next === q && nextIsLogql === isLogql) onRefresh();
    else onChange({ q: next, isLogql: nextIsLogql, eventId: '' });
  };
  const setHandle = (value: QueryHandle | null) => {
    own.current = value;
    if (typeof handle === 'function') handle(value);
    else if (handle !== null && handle !== undefined) handle.current = value;
  };
  return (
    <search aria-label="Logs" className="flex flex-col gap-1.5">
      <div className="flex flex-wrap items-start gap-2">
        <Segments label="Query language" options={MODES} value={isLogql ? 'logql' : 'search'} onChange={setMode} />
        <div className="order-last flex min-w-0 basis-full md:order-none md:flex-1 md:basis-0">
          {isLogql ? (
            <Suspense fallback={<EditorPlace q={q} />}>
              <LogqlEditor q={q} range={range} onRun={run} handle={setHandle} />
            </Suspense>
          ) : (
            <QueryBox
              q={q}
              range={range}
              isWrong={fault !== null}
              describedBy={fault === null ? undefined : faultId}
              onRun={run}
              handle={setHandle}
            />
          )}
        </div>
        <div className="flex items-center gap-0.5 max-md:ml-auto">
          <HistoryPopover onRun={run} />
          <SyntaxHelp isLogql={isLogql} />
          <Button kind="primary" className="ml-1" onClick={() => own.current?.run()}>
            Run
          </Button>
        </div>
      </div>
      {fault !== null && (
        <QueryFault id={faultId} q={q} message={fault} onGoTo={(character) => own.current?.goTo(character)} />
      )}
      {!isLogql && <TermChips q={q} onChange={(next) => onChange({ q: next })} />}
    </search>
  );
}

/** Switching keeps what was asked in the other language, and starts with the same question where it can be said. */
function useModes({ q, isLogql }: LogsQuestion, onChange: (change: LogsChange) => void) {
  const search = useRef({ text: '', logql: '' });
  return (mode: 'search' | 'logql') => {
    if ((mode === 'logql') === isLogql) return;
    if (mode === 'search') {
      const { text, logql } = search.current;
      return onChange({ isLogql: false, q: q === logql ? text : '', eventId: '' });
    }
    const logql = searchAsLogql(q);
    search.current = { text: q, logql };
    onChange({ isLogql: true, q: logql, eventId: '' });
  };
}

function EditorPlace({ q }: { q: string }) {
  return (
    <div className="min-h-9 w-full rounded-md border border-line-strong bg-raised px-2.5 py-2 font-mono text-[13px] break-words">
      {q}
    </div>
  );
}
