import { Braces, CaseSensitive, ChevronRight, Columns3, Hash, Pin, PinOff, Tag, ToggleLeft } from 'lucide-react';
import { memo } from 'react';
import { classNames } from '../../../lib/class-names.ts';
import { formatPercent, plural } from '../../../lib/format.ts';
import type { LogsQuestion } from '../logs-search.ts';
import type { ListedField } from './field-list.ts';
import { FieldValues } from './field-values.tsx';

/** What can be done with a field; the same object for as long as the sidebar is there. */
export interface FieldActions {
  open(term: string): void;
  pin(term: string): void;
  column(term: string): void;
  narrow(terms: readonly string[]): void;
}

interface FieldItemProps {
  field: ListedField;
  /** Of an open field, whose values are asked for. */
  question: LogsQuestion | null;
  isPinned: boolean;
  isColumn: boolean;
  actions: FieldActions;
}

/** One field: how many events have it, and behind a click what it has. */
export const FieldItem = memo(function FieldItem({ field, question, isPinned, isColumn, actions }: FieldItemProps) {
  const isOpen = question !== null;
  const { name, term, events, share, type } = field;
  const Icon = iconOf(field);
  return (
    <li className="group">
      <div className="relative flex items-center rounded hover:bg-sunken focus-within:bg-sunken">
        <button
          type="button"
          aria-expanded={isOpen}
          title={`${term} · ${type}${events === null ? '' : ` · in ${plural(events, 'event')}`}`}
          onClick={() => actions.open(term)}
          className="flex min-w-0 flex-1 items-center gap-1 py-1 pr-1 text-left text-[13px]"
        >
          <ChevronRight
            size={13}
            aria-hidden
            className={classNames('shrink-0 text-muted transition-transform', isOpen && 'rotate-90')}
          />
          <Icon size={13} aria-hidden className="shrink-0 text-muted" />
          <span className="min-w-0 flex-1 truncate">{name}</span>
          {share !== null && (
            <span className="text-xs text-muted tabular-nums group-focus-within:hidden group-hover:hidden">
              {share < 0.001 ? '< 0.1 %' : formatPercent(share)}
            </span>
          )}
        </button>
        <span className="hidden shrink-0 group-focus-within:flex group-hover:flex">
          <Small label={isPinned ? `Unpin ${term}` : `Pin ${term}`} onClick={() => actions.pin(term)}>
            {isPinned ? <PinOff size={13} aria-hidden /> : <Pin size={13} aria-hidden />}
          </Small>
          <Small
            label={isColumn ? `Remove the column ${term}` : `Show ${term} as a column`}
            onClick={() => actions.column(term)}
          >
            <Columns3 size={13} aria-hidden className={isColumn ? 'text-accent' : ''} />
          </Small>
        </span>
      </div>
      {question !== null && <FieldValues field={field} question={question} onTerms={actions.narrow} />}
    </li>
  );
});

function Small({ label, onClick, children }: { label: string; onClick(): void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="rounded p-1 text-muted hover:bg-raised hover:text-text"
    >
      {children}
    </button>
  );
}

function iconOf({ kind, isNumeric, type }: ListedField) {
  if (kind === 'label') return Tag;
  if (isNumeric) return Hash;
  if (type === 'bool') return ToggleLeft;
  return type === 'json' ? Braces : CaseSensitive;
}
