import { CircleAlert } from 'lucide-react';
import { queryFault } from './terms.ts';

interface QueryFaultProps {
  id: string;
  /** The text that was asked. */
  q: string;
  /** What the server says of it. */
  message: string;
  onGoTo(character: number): void;
}

const AROUND = 24;

/** What is wrong with the search text, with the place marked. */
export function QueryFault({ id, q, message, onGoTo }: QueryFaultProps) {
  const { at, text } = queryFault(message);
  return (
    <div id={id} role="alert" className="flex flex-wrap items-baseline gap-x-3 gap-y-1 text-error">
      <CircleAlert size={15} aria-hidden className="shrink-0 self-center" />
      {at !== null && (
        <button
          type="button"
          onClick={() => onGoTo(at)}
          title="Put the cursor there"
          className="rounded bg-error-soft px-1.5 font-mono text-[13px] whitespace-pre"
        >
          {q.slice(Math.max(0, at - AROUND), at)}
          <span className="border-b-2 border-error font-bold">{q.slice(at, at + 1) || ' '}</span>
          {q.slice(at + 1, at + AROUND)}
        </button>
      )}
      <span>
        {at !== null && `At character ${at + 1}: `}
        {text}
      </span>
    </div>
  );
}
