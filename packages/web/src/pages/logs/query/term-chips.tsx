import { X } from 'lucide-react';
import { classNames } from '../../../lib/class-names.ts';
import { chipsOf, oppositeTerm, replaceTerm } from './terms.ts';

interface TermChipsProps {
  q: string;
  onChange(q: string): void;
}

/** The terms that hold now: a click turns one round, the cross takes it away. */
export function TermChips({ q, onChange }: TermChipsProps) {
  const chips = chipsOf(q);
  if (chips.length === 0) return null;
  const keys = keysOf(chips.map(({ term }) => term));
  return (
    <ul aria-label="Terms of the search" className="flex flex-wrap gap-1.5">
      {chips.map((chip, index) => (
        <li
          key={keys[index]}
          className={classNames(
            'flex max-w-full items-center rounded border text-xs',
            chip.isExcluded ? 'border-error bg-error-soft text-error' : 'border-line bg-accent-soft text-accent-strong',
          )}
        >
          <button
            type="button"
            className="flex min-w-0 items-baseline gap-1 py-0.5 pl-1.5"
            title={chip.isExcluded ? 'Left out. Click to look for it' : 'Looked for. Click to leave it out'}
            onClick={() => onChange(replaceTerm(q, index, oppositeTerm(chip)))}
          >
            {chip.isExcluded && <span className="font-semibold">not </span>}
            {chip.name !== '' && (
              <span className="shrink-0 font-medium">
                {chip.name} {chip.value === '*' ? 'is there' : chip.comparison === '' ? 'is' : chip.comparison}{' '}
              </span>
            )}
            {(chip.name === '' || chip.value !== '*') && (
              <span className="max-w-72 truncate font-mono">{chip.value}</span>
            )}
            <span className="sr-only">{chip.isExcluded ? ': look for it' : ': leave it out'}</span>
          </button>
          <button
            type="button"
            aria-label={`Remove ${chip.term}`}
            className="rounded p-1 hover:bg-raised"
            onClick={() => onChange(replaceTerm(q, index, null))}
          >
            <X size={12} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A key for each term, also where the same one stands there twice. */
function keysOf(terms: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return terms.map((term) => {
    const count = (seen.get(term) ?? 0) + 1;
    seen.set(term, count);
    return `${count} ${term}`;
  });
}
