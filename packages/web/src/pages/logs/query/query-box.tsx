import { Search } from 'lucide-react';
import { type KeyboardEvent, type Ref, useEffect, useId, useImperativeHandle, useRef, useState } from 'react';
import { classNames } from '../../../lib/class-names.ts';
import type { TimeRange } from '../../../lib/time.ts';
import { type Completing, complete, completionAt, type Suggestion } from './completion.ts';
import { SuggestionList } from './suggestion-list.tsx';
import { useSuggestions } from './use-suggestions.ts';

export interface QueryHandle {
  focus(): void;
  /** Puts the cursor at a character. */
  goTo(character: number): void;
  /** Runs what is written. */
  run(): void;
}

interface QueryBoxProps {
  /** The search text that holds now. */
  q: string;
  range: TimeRange;
  isWrong: boolean;
  /** Id of the text that says what is wrong. */
  describedBy?: string | undefined;
  onRun(q: string): void;
  handle: Ref<QueryHandle>;
}

/** Where one searches: words, phrases and fields, with what the server knows of them as completion. */
export function QueryBox({ q, range, isWrong, describedBy, onRun, handle }: QueryBoxProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const box = useDraft(q, input);
  const suggestions = useSuggestions(box.at, range, box.isStarted);
  const isOpen = box.at !== null && suggestions.length > 0;
  const chosen = Math.min(box.chosen, suggestions.length - 1);
  const run = () => {
    box.close();
    onRun(box.text.trim());
  };
  useImperativeHandle(handle, () => ({
    focus: () => {
      input.current?.focus();
      input.current?.select();
    },
    goTo: (character) => box.moveTo(box.text, character),
    run,
  }));
  const onKeyDown = (event: KeyboardEvent) => {
    if (!keyOf(event, { box, suggestions, chosen, isOpen, run })) return;
    event.preventDefault();
    if (event.key === 'Escape' && !isOpen) input.current?.blur();
  };
  return (
    <div className="relative min-w-0 flex-1">
      <Search size={16} aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 text-muted" />
      <input
        ref={input}
        role="combobox"
        aria-label="Search events"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && chosen >= 0 ? `${id}-${chosen}` : undefined}
        aria-invalid={isWrong || undefined}
        aria-describedby={describedBy}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={box.text}
        placeholder='Words, "a phrase", service:checkout, duration_ms:>500'
        onChange={(event) => box.write(event.target.value, event.target.selectionStart ?? 0)}
        onClick={box.close}
        onBlur={box.close}
        onKeyDown={onKeyDown}
        className={classNames(
          'h-9 w-full rounded-md border bg-raised pr-2.5 pl-8 font-mono text-[13px] text-text placeholder:font-sans placeholder:text-muted',
          isWrong ? 'border-error' : 'border-line-strong',
        )}
      />
      {isOpen && (
        <SuggestionList
          id={id}
          suggestions={suggestions}
          chosen={chosen}
          kind={box.at?.kind ?? 'name'}
          onTake={box.take}
        />
      )}
    </div>
  );
}

interface KeyPlace {
  box: ReturnType<typeof useDraft>;
  suggestions: readonly Suggestion[];
  chosen: number;
  isOpen: boolean;
  run(): void;
}

/** What a key does in the box; false where that is the browser's affair. */
function keyOf({ key, shiftKey }: KeyboardEvent, { box, suggestions, chosen, isOpen, run }: KeyPlace): boolean {
  const count = suggestions.length;
  const taken = isOpen ? suggestions[chosen] : undefined;
  if (key === 'Enter') {
    if (taken !== undefined) box.take(taken);
    else run();
  } else if (key === 'Tab' && isOpen && !shiftKey) box.take(taken ?? suggestions[0]!);
  else if (key === 'ArrowDown' && !isOpen) box.open();
  else if (key === 'ArrowDown') box.choose((chosen + 1) % count);
  else if (key === 'ArrowUp' && isOpen) box.choose((chosen <= 0 ? count : chosen) - 1);
  else if (key === 'Escape') box.close();
  else return false;
  return true;
}

/** What is written and not yet run, and what is being completed in it. */
function useDraft(q: string, input: { readonly current: HTMLInputElement | null }) {
  const [text, setText] = useState(q);
  const [at, setAt] = useState<Completing | null>(null);
  const [chosen, setChosen] = useState(-1);
  const [isStarted, setStarted] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  // Somewhere else the search was changed: the box follows.
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    if (cursor === null) return;
    input.current?.focus();
    input.current?.setSelectionRange(cursor, cursor);
    setCursor(null);
  }, [cursor, input]);
  const close = () => setAt(null);
  const offer = (next: string, place: number) => {
    setStarted(true);
    setAt(completionAt(next, place));
    setChosen(-1);
  };
  return {
    text,
    at,
    chosen,
    isStarted,
    close,
    choose: setChosen,
    open: () => offer(text, input.current?.selectionStart ?? text.length),
    write: (next: string, place: number) => {
      setText(next);
      const found = completionAt(next, place);
      offer(next, place);
      // Nothing is offered before the first letter of a name, unless asked for.
      if (found?.kind === 'name' && found.prefix === '') setAt(null);
    },
    moveTo: (next: string, place: number) => {
      setText(next);
      setCursor(place);
    },
    take: ({ insert }: Suggestion) => {
      if (at === null) return;
      const done = complete(text, at, insert);
      setText(done.text);
      setCursor(done.cursor);
      if (insert.endsWith(':')) offer(done.text, done.cursor);
      else close();
    },
  };
}
