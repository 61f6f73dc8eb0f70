import { Braces, CaseSensitive, ChevronRight, Columns3, Hash, Pin, PinOff, Tag, ToggleLeft } from 'lucide-react';
import { memo } from 'react';
import { classNames } from '../../../lib/class-names.ts';
import { formatPercent, plural } from '../../../lib/format.ts';
import type { LogsQuestion } from '../logs-search.ts';
import type { ListedField } from './field-list.ts';
import { FieldValues } from './field-values.tsx';

interface FieldItemProps {
  field: ListedField;
  question: LogsQuestion;
  isOpen: boolean;
  isPinned: boolean;
  isColumn: boolean;
  onOpen(): void;
  onPin(): void;
  onColumn(): void;
  onTerms(terms: readonly string[]): void;
}

/** One field: how many events have it, and behind a click what it has. */
export const FieldItem = memo(
  function FieldItem({
    field,
    question,
    isOpen,
    isPinned,
    isColumn,
    onOpen,
    onPin,
    onColumn,
    onTerms,
  }: FieldItemProps) {
    const { name, term, events, share, type } = field;
    const Icon = iconOf(field);
    return (
      <li className="group">
        <div className="relative flex items-center rounded hover:bg-sunken focus-within:bg-sunken">
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={`${term}${events === null ? '' : `, in ${plural(events, 'event')}`}`}
            title={`${term} · ${type}${events === null ? '' : ` · in ${plural(events, 'event')}`}`}
            onClick={onOpen}
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
            <Small label={isPinned ? `Unpin ${term}` : `Pin ${term}`} onClick={onPin}>
              {isPinned ? <PinOff size={13} aria-hidden /> : <Pin size={13} aria-hidden />}
            </Small>
            <Small label={isColumn ? `Remove the column ${term}` : `Show ${term} as a column`} onClick={onColumn}>
              <Columns3 size={13} aria-hidden className={isColumn ? 'text-accent' : ''} />
            </Small>
          </span>
        </div>
        {isOpen && <FieldValues field={field} question={question} onTerms={onTerms} />}
      </li>
    );
  },
  (before, next) =>
    before.field === next.field &&
    before.question === next.question &&
    before.isOpen === next.isOpen &&
    before.isPinned === next.isPinned &&
    before.isColumn === next.isColumn,
);

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
