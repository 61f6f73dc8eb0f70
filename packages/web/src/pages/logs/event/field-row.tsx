import { Columns3, Copy, Minus, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { say } from '../../../app/toasts.tsx';
import { Button } from '../../../components/button.tsx';
import { copyText } from '../../../lib/clipboard.ts';
import { formatCount } from '../../../lib/format.ts';
import { fieldTerm } from '../../../lib/search-text.ts';
import { TABLE } from '../table/grid-roles.ts';
import { MessageText } from '../table/message-text.tsx';
import type { RowField } from '../table/row.ts';
import { isSearchable, linkOf, readableValue } from './field-list.ts';
import type { FieldActions } from './fields-tab.tsx';

const SHORT_MAX = 300;
const SHORT_LINES_MAX = 8;
const NO_WORDS: readonly string[] = [];

/** Name, value and type of one field, and what one does with it. */
export function FieldRow({ field, onTerm, columns, onColumns }: FieldActions & { field: RowField }) {
  const { term, name, value, type } = field;
  const isColumn = columns.includes(term);
  const copy = async () => {
    await copyText(value);
    say('Value copied');
  };
  return (
    <div className="group relative grid grid-cols-[minmax(7.25rem,29%)_1fr_auto] items-start gap-x-2 px-3 py-[3px] font-mono text-xs leading-5 hover:bg-sunken">
      <div className="break-words text-muted" {...TABLE.rowHead} title={term}>
        {name}
      </div>
      <div {...TABLE.cell} dir="auto" className="min-w-0 text-left break-words whitespace-pre-wrap">
        <Value field={field} />
      </div>
      <div {...TABLE.cell} className="min-w-12 text-right font-sans pointer-coarse:min-w-[104px]">
        <span className="text-muted pointer-coarse:hidden">{type}</span>
        <span className="absolute top-[3px] right-1.5 flex rounded bg-raised opacity-0 shadow group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100 pointer-coarse:shadow-none">
          {isSearchable(field) && (
            <>
              <Action label={`Only events with this ${name}`} onClick={() => onTerm(fieldTerm(term, value))}>
                <Plus size={14} aria-hidden />
              </Action>
              <Action
                label={`No events with this ${name}`}
                onClick={() => onTerm(fieldTerm(term, value, { isExcluded: true }))}
              >
                <Minus size={14} aria-hidden />
              </Action>
            </>
          )}
          <Action
            label={isColumn ? `Remove the column ${name}` : `Show ${name} as a column`}
            isPressed={isColumn}
            onClick={() => onColumns(isColumn ? columns.filter((one) => one !== term) : [...columns, term])}
          >
            <Columns3 size={14} aria-hidden />
          </Action>
          <Action label={`Copy the value of ${name}`} onClick={copy}>
            <Copy size={14} aria-hidden />
          </Action>
        </span>
      </div>
    </div>
  );
}

interface ActionProps {
  label: string;
  isPressed?: boolean;
  onClick(): void;
  children: ReactNode;
}

function Action({ label, isPressed, onClick, children }: ActionProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      onClick={onClick}
      className="flex h-5 w-[26px] items-center justify-center rounded text-muted hover:bg-line hover:text-text aria-pressed:text-accent"
    >
      {children}
    </button>
  );
}

/** Long values begin short. */
function Value({ field }: { field: RowField }) {
  const [isWhole, setWhole] = useState(false);
  const value = readableValue(field);
  const link = linkOf(value);
  if (link !== null) {
    return (
      <a href={link} rel="noreferrer noopener" target="_blank" className="text-accent underline">
        {value}
      </a>
    );
  }
  const lines = value.split('\n', SHORT_LINES_MAX + 1);
  const short = lines.slice(0, SHORT_LINES_MAX).join('\n').slice(0, SHORT_MAX);
  if (short.length >= value.length) return <MessageText text={value} words={NO_WORDS} />;
  return (
    <>
      <MessageText text={isWhole ? value : `${short}…`} words={NO_WORDS} />{' '}
      <Button size="small" kind="quiet" className="h-5! font-sans" onClick={() => setWhole(!isWhole)}>
        {isWhole ? 'Show less' : `Show all ${formatCount(value.length)} characters`}
      </Button>
    </>
  );
}
