import { useEffect, useRef } from 'react';

/** One thing that a key does. `keys` is a key of KeyboardEvent, or two in a row (`g l`), or with Control/Command `mod+k`. */
export interface Shortcut {
  keys: string;
  does: string;
  run(event: KeyboardEvent): void;
}

const active = new Set<readonly Shortcut[]>();
const SEQUENCE_MS_MAX = 1000;
let before: { key: string; at: number } | null = null;

/** All shortcuts of what is on the page now, for the list that `?` shows. */
export const activeShortcuts = (): Shortcut[] => [...active].flat();

/** Makes the shortcuts work while the component is there. They rest while somebody types. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const entry: Shortcut[] = latest.current.map(({ keys, does }, index) => ({
      keys,
      does,
      run: (event) => latest.current[index]?.run(event),
    }));
    active.add(entry);
    return () => {
      active.delete(entry);
    };
  }, []);
}

/** Listens once for the whole page. */
export function listenShortcuts(): void {
  window.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || event.isComposing) return;
    const isMod = event.ctrlKey || event.metaKey;
    if (!isMod && (isTyping(event.target) || isPressing(event))) return;
    const key = isMod ? `mod+${event.key.toLowerCase()}` : event.key;
    const sequence = before !== null && event.timeStamp - before.at < SEQUENCE_MS_MAX ? `${before.key} ${key}` : null;
    before = { key, at: event.timeStamp };
    // What came last is on top: a dialog's own keys win over the page's.
    const all = activeShortcuts().toReversed();
    const found = all.find(({ keys }) => keys === sequence) ?? all.find(({ keys }) => keys === key);
    if (found === undefined) return;
    event.preventDefault();
    found.run(event);
  });
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** Enter and space on a button or a link are its own. */
function isPressing({ key, target }: KeyboardEvent): boolean {
  if (key !== 'Enter' && key !== ' ') return false;
  return target instanceof Element && target.closest('a, button, summary, [role="option"], [role="menuitem"]') !== null;
}
