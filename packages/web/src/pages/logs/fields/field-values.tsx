import { useQuery } from '@tanstack/react-query';
import { Equal, EqualNot } from 'lucide-react';
import { answerOf, api } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import { ErrorNotice, Loading } from '../../../components/notice.tsx';
import { ShareBar } from '../../../components/share-bar.tsx';
import { formatCompact, formatCount, formatPercent } from '../../../lib/format.ts';
import { fieldTerm } from '../../../lib/search-text.ts';
import { isSeverity, SEVERITY_LOOKS } from '../../../lib/severity.ts';
import type { LogsQuestion } from '../logs-search.ts';
import { questionParams } from '../query/api-question.ts';
import { Distribution } from './distribution.tsx';
import { canSearch, type ListedField } from './field-list.ts';
import { useFieldValues } from './use-fields.ts';

const VALUES_SHOWN = 12;

interface FieldValuesProps {
  field: ListedField;
  question: LogsQuestion;
  onTerms(terms: readonly string[]): void;
}

/** What a field has: the most frequent values, and how its numbers are spread. */
export function FieldValues({ field, question, onTerms }: FieldValuesProps) {
  const isOwnNumber = field.kind === 'field' && field.isNumeric;
  return (
    <div className="mb-1 ml-2.5 border-l border-line pl-2.5">
      {field.isNumeric && <Numbers field={field} question={question} onTerms={onTerms} />}
      {!isOwnNumber && <Values field={field} question={question} onTerms={onTerms} />}
      {!canSearch(field.term) && (
        <p className="py-1 text-xs text-muted">
          The search cannot name this field: it has characters a name may not have.
        </p>
      )}
    </div>
  );
}

function Values({ field, question, onTerms }: FieldValuesProps) {
  const q = question.isLogql ? '' : question.q;
  const { data, error, refetch } = useFieldValues(field.term, { q, range: question.range, limit: VALUES_SHOWN });
  if (error !== null && data === undefined) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={3} label="Loading values" />;
  if (data.values.length === 0) return <p className="py-1 text-xs text-muted">No event of the search has a value.</p>;
  const most = Math.max(...data.values.map(({ events }) => events));
  return (
    <ul aria-label={`Values of ${field.term}`} className="py-0.5">
      {data.values.map(({ value, events }) => (
        <li key={value} className="group/value relative flex items-center gap-1 rounded hover:bg-sunken">
          <button
            type="button"
            disabled={!canSearch(field.term)}
            onClick={() => onTerms([fieldTerm(field.term, value)])}
            title={`${value}: ${formatCount(events)} events (${formatPercent(events / Math.max(1, data.events_read))}). Click to show only these`}
            className="min-w-0 flex-1 py-0.5 text-left"
          >
            <span className="flex items-baseline gap-2 text-xs">
              <span dir="auto" className="min-w-0 flex-1 truncate font-mono">
                {value === '' ? <i className="font-sans text-muted">empty</i> : value}
              </span>
              <span className="text-muted tabular-nums">{formatCompact(events)}</span>
            </span>
            <ShareBar share={events / most} {...(isSeverity(value) && { colour: SEVERITY_LOOKS[value].colour })} />
          </button>
          <span className="flex shrink-0">
            <Filter
              label={`Include ${field.term} ${value}`}
              isEnabled={canSearch(field.term)}
              onClick={() => onTerms([fieldTerm(field.term, value)])}
            >
              <Equal size={13} aria-hidden />
            </Filter>
            <Filter
              label={`Exclude ${field.term} ${value}`}
              isEnabled={canSearch(field.term)}
              onClick={() => onTerms([fieldTerm(field.term, value, { isExcluded: true })])}
            >
              <EqualNot size={13} aria-hidden />
            </Filter>
          </span>
        </li>
      ))}
    </ul>
  );
}

interface FilterProps {
  label: string;
  isEnabled: boolean;
  onClick(): void;
  children: React.ReactNode;
}

function Filter({ label, isEnabled, onClick, children }: FilterProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={!isEnabled}
      onClick={onClick}
      className="rounded p-1 text-muted hover:bg-raised hover:text-text disabled:opacity-40"
    >
      {children}
    </button>
  );
}

function Numbers({ field, question, onTerms }: FieldValuesProps) {
  const q = question.isLogql ? '' : question.q;
  const { range } = question;
  const { data, error, refetch } = useQuery({
    queryKey: ['distribution', chosenOrg(), field.term, q, range.from, range.to],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/logs/fields/{name}/distribution', {
          params: { path: { name: field.term }, query: questionParams({ q, range }) },
          signal,
        }),
      ),
    staleTime: 30_000,
  });
  if (error !== null && data === undefined) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={2} label="Loading the distribution" />;
  if (data.events === 0) return <p className="py-1 text-xs text-muted">No event of the search has a number here.</p>;
  return (
    <>
      <Distribution
        distribution={data}
        onBin={(from, to, isLast) => onTerms([`${field.term}:>=${from}`, `${field.term}:${isLast ? '<=' : '<'}${to}`])}
      />
      <p className="pb-1 text-xs text-muted">
        {formatCompact(data.events)} {data.events === 1 ? 'event' : 'events'}
      </p>
    </>
  );
}
