import { useIsFetching } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { ApiError } from '../../../api/error.ts';
import { Button } from '../../../components/button.tsx';
import { Input } from '../../../components/field.tsx';
import { ErrorNotice, Loading } from '../../../components/notice.tsx';
import { formatCount } from '../../../lib/format.ts';
import type { LogsQuestion } from '../logs-search.ts';
import { type FieldActions, FieldItem } from './field-item.tsx';
import { type ListedField, listFields, shownFields } from './field-list.ts';
import { usePinnedFields } from './pinned-fields.ts';
import { useFieldList } from './use-fields.ts';

interface FieldSidebarProps {
  question: LogsQuestion;
  /** Finding out what fields there are costs the server most, and nobody waits for it: the histogram comes first. */
  isReady: boolean;
  /** Narrows the search by terms, all of which must hold. */
  onTerms(terms: readonly string[]): void;
  onColumns(columns: readonly string[]): void;
}

/** The fields, attributes and labels of what the search finds; each opens to its values. */
export function FieldSidebar({ question, isReady, onTerms, onColumns }: FieldSidebarProps) {
  const [text, setText] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const { pinned, toggle } = usePinnedFields();
  const isEnabled = useIsFetching({ queryKey: ['events'] }) === 0 && isReady;
  const { data, error, refetch } = useFieldList(question.isLogql ? '' : question.q, question.range, { isEnabled });
  const fields = useMemo(() => (data === undefined ? [] : listFields(data)), [data]);
  const shown = useMemo(() => shownFields(fields, text, pinned), [fields, text, pinned]);
  const { columns } = question;
  const actions = useActions({
    open: (term) => setOpen((before) => toggled(before, term)),
    pin: toggle,
    column: (term) => onColumns([...toggled(new Set(columns), term)]),
    narrow: onTerms,
  });
  const draw = (field: ListedField) => (
    <FieldItem
      key={field.term}
      field={field}
      question={open.has(field.term) ? question : null}
      isPinned={pinned.has(field.term)}
      isColumn={columns.includes(field.term)}
      actions={actions}
    />
  );
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Input
        type="search"
        aria-label="Find a field"
        placeholder="Find a field"
        className="mb-2 h-8!"
        value={text}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
      {error !== null && data === undefined && <NoFields error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Loading rows={8} label="Loading fields" />}
      <div className="min-h-0 flex-1 overflow-y-auto pb-4">
        <Group title="Pinned" fields={shown.pinned} draw={draw} />
        <Group title="Fields" fields={shown.own} draw={draw} />
        <Group title="Attributes" fields={shown.attributes} draw={draw} />
        <Group title="Labels" fields={shown.labels} draw={draw} />
        {data !== undefined && Object.values(shown).every((group) => group.length === 0) && (
          <p className="px-1 py-2 text-muted">No field has this in its name.</p>
        )}
        {data?.complete === false && (
          <p className="px-1 py-2 text-xs text-muted">Of the newest {formatCount(data.events_read)} events.</p>
        )}
      </div>
    </div>
  );
}

function toggled(terms: ReadonlySet<string>, term: string): Set<string> {
  const next = new Set(terms);
  if (!next.delete(term)) next.add(term);
  return next;
}

/** The same object at each drawing, that does what the newest would: hundreds of fields are drawn again only if they changed. */
function useActions(actions: FieldActions): FieldActions {
  const latest = useRef(actions);
  latest.current = actions;
  return useMemo(
    () => ({
      open: (term) => latest.current.open(term),
      pin: (term) => latest.current.pin(term),
      column: (term) => latest.current.column(term),
      narrow: (terms) => latest.current.narrow(terms),
    }),
    [],
  );
}

function NoFields({ error, onRetry }: { error: unknown; onRetry(): void }) {
  if (error instanceof ApiError && error.code === 'invalid_query') {
    return <p className="px-1 text-muted">Fields show when the query can be read.</p>;
  }
  return <ErrorNotice error={error} onRetry={onRetry} />;
}

/** More of them are drawn when asked for: events may have thousands. */
const SHOWN_STEP = 100;

function Group({
  title,
  fields,
  draw,
}: {
  title: string;
  fields: readonly ListedField[];
  draw(field: ListedField): React.ReactNode;
}) {
  const [max, setMax] = useState(SHOWN_STEP);
  if (fields.length === 0) return null;
  return (
    <section aria-label={title} className="mb-3">
      <h2 className="mb-0.5 flex justify-between px-1 text-xs font-medium text-muted">
        {title}
        <span className="tabular-nums">{formatCount(fields.length)}</span>
      </h2>
      <ul>{fields.slice(0, max).map(draw)}</ul>
      {fields.length > max && (
        <Button kind="quiet" size="small" onClick={() => setMax(max + SHOWN_STEP * 3)}>
          Show more of {formatCount(fields.length - max)}
        </Button>
      )}
    </section>
  );
}
