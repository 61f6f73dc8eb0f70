import { Search, X } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import { useShortcuts } from '../app/shortcuts.tsx';
import { IconButton } from './button.tsx';
import { Input } from './field.tsx';

/** The search text of a page: Enter asks, `/` comes here. */
export function SearchBox({ q, onSearch }: { q: string; onSearch(q: string): void }) {
  const input = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: '/', does: 'Go to the search box', run: () => input.current?.focus() }]);
  return <SearchForm key={q} q={q} onSearch={onSearch} input={input} />;
}

interface SearchFormProps {
  q: string;
  onSearch(q: string): void;
  input: React.RefObject<HTMLInputElement | null>;
}

function SearchForm({ q, onSearch, input }: SearchFormProps) {
  const [text, setText] = useState(q);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSearch(text.trim());
  };
  return (
    <search className="relative min-w-0 flex-1 basis-64">
      <form onSubmit={submit}>
        <Search size={15} aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 text-muted" />
        <Input
          ref={input}
          type="text"
          enterKeyHint="search"
          aria-label="Search text"
          placeholder='Search: timeout service:gateway -"health check"'
          className="pr-9 pl-8 font-mono text-xs"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {text !== '' && (
          <IconButton
            label="Clear the search text"
            size="small"
            className="absolute top-1 right-1"
            onClick={() => onSearch('')}
          >
            <X size={14} aria-hidden />
          </IconButton>
        )}
      </form>
    </search>
  );
}
