import { useEffect, useRef } from 'react';
import { classNames } from '../../../lib/class-names.ts';
import type { Suggestion } from './completion.ts';

interface SuggestionListProps {
  id: string;
  suggestions: readonly Suggestion[];
  /** -1: none yet. */
  chosen: number;
  kind: 'name' | 'value';
  onTake(suggestion: Suggestion): void;
}

/** What could stand at the cursor, under the search box. The keys are the box's affair. */
export function SuggestionList({ id, suggestions, chosen, kind, onTake }: SuggestionListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    <div className="absolute inset-x-0 top-full z-30 mt-1 max-w-xl overflow-hidden rounded-md border border-line bg-raised shadow-xl">
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={kind === 'name' ? 'Fields' : 'Values'}
        className="max-h-72 overflow-y-auto p-1"
      >
        {suggestions.map((suggestion, index) => (
          <div
            key={suggestion.text}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onMouseDown={(event) => {
              event.preventDefault();
              onTake(suggestion);
            }}
            className={classNames(
              'flex cursor-pointer items-baseline gap-3 rounded px-2 py-1',
              index === chosen ? 'bg-accent-soft text-accent-strong' : 'hover:bg-sunken',
            )}
          >
            <span className="min-w-0 flex-1 truncate font-mono text-[13px]">{suggestion.text}</span>
            <span className="shrink-0 text-xs text-muted tabular-nums">{suggestion.note}</span>
          </div>
        ))}
      </div>
      <p className="border-t border-line px-3 py-1 text-xs text-muted max-md:hidden">
        Tab completes · arrows choose · Enter runs · Escape closes
      </p>
    </div>
  );
}
