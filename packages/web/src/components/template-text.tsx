import { stripAnsi } from '../lib/ansi.ts';
import { classNames } from '../lib/class-names.ts';
import { templateParts } from '../lib/template.ts';

const CHARS_MAX = 1_000;

/** What messages have in common; where they differ stands a muted mark. On one line unless `isWhole`. */
export function TemplateText({ template, isWhole = false }: { template: string; isWhole?: boolean }) {
  const text = stripAnsi(isWhole ? template : template.slice(0, CHARS_MAX));
  if (text.trim() === '') return <span className="text-muted">(empty message)</span>;
  let place = 0;
  return (
    <span
      dir="auto"
      className={classNames(
        'block min-w-0 font-mono text-xs leading-5',
        isWhole ? 'break-words whitespace-pre-wrap' : 'truncate',
      )}
    >
      {templateParts(text).map((part) => {
        place += part.text.length;
        return part.isVariable ? (
          <span key={place} className="mx-px rounded bg-sunken px-1 text-muted ring-1 ring-line" title="differs">
            {part.text}
          </span>
        ) : (
          <span key={place}>{part.text}</span>
        );
      })}
    </span>
  );
}
