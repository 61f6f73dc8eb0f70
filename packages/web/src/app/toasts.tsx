import { X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { classNames } from '../lib/class-names.ts';

interface Toast {
  id: number;
  kind: 'good' | 'bad';
  text: string;
}

const SHOWN_MS = { good: 4_000, bad: 10_000 };
let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

const dismiss = (id: number) => change(toasts.filter((toast) => toast.id !== id));

/** Says in a corner that something was done, or was not. */
export function say(text: string, kind: Toast['kind'] = 'good'): void {
  lastId += 1;
  const id = lastId;
  change([...toasts.slice(-3), { id, kind, text }]);
  setTimeout(() => dismiss(id), SHOWN_MS[kind]);
}

/** The same for an error that was caught. */
export const sayError = (error: unknown): void => say(error instanceof Error ? error.message : String(error), 'bad');

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div
      className="fixed right-4 bottom-16 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2 md:bottom-4"
      role="status"
      aria-live="polite"
    >
      {shown.map(({ id, kind, text }) => (
        <div
          key={id}
          className={classNames(
            'flex items-start gap-2 rounded-md border bg-raised px-3 py-2 shadow-lg',
            kind === 'bad' ? 'border-error text-error' : 'border-line text-text',
          )}
        >
          <span className="min-w-0 flex-1 break-words">{text}</span>
          <button type="button" aria-label="Dismiss" className="text-muted hover:text-text" onClick={() => dismiss(id)}>
            <X size={16} aria-hidden />
          </button>
        </div>
      ))}
    </div>
  );
}
