import { useSyncExternalStore } from 'react';

/** A choice of the person at this browser, kept in it. */
export interface Stored<T extends string> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

/** What is stored and is none of `isValid` counts as the default. */
export function stored<T extends string>(name: string, initial: T, isValid: (text: string) => text is T): Stored<T> {
  const key = `tailwater.${name}`;
  const listeners = new Set<() => void>();
  const read = (): T => {
    const text = localStorage.getItem(key);
    return text !== null && isValid(text) ? text : initial;
  };
  let value = read();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  // Another tab chose.
  window.addEventListener('storage', (event) => {
    if (event.key !== key) return;
    value = read();
    tell();
  });
  return {
    get: () => value,
    set: (next) => {
      value = next;
      localStorage.setItem(key, next);
      tell();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStored<T extends string>(choice: Stored<T>): [T, (value: T) => void] {
  return [useSyncExternalStore(choice.subscribe, choice.get), choice.set];
}
