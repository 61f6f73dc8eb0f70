import { Client } from './client.ts';
import type { BrowserOptions, BrowserStats, BrowserTailwater, EmitEvent } from './types.ts';

export type {
  BrowserOptions,
  BrowserStats,
  BrowserTailwater,
  Consent,
  EmitEvent,
  Metadata,
  Severity,
} from './types.ts';

/** Where there is no page, or the options make no sense: a program must not fail for want of logging. */
const nobody: BrowserTailwater = {
  emit: () => {},
  setUser: () => {},
  setConsent: () => {},
  startTrace: () => '',
  flush: () => Promise.resolve(false),
  close: () => {},
  stats: () => ({ sent: 0, waiting: 0, lost: 0, stopped: 'not started' }),
};

let current = nobody;

/**
 * Starts the client of the page; the functions below are its methods. Never throws: with options that make no sense it
 * says so on the console, and the answer does nothing. Called again before `close`, it answers the client there is.
 */
export function init(options: BrowserOptions): BrowserTailwater {
  if (current !== nobody || typeof window === 'undefined') return current;
  try {
    current = new Client(options);
  } catch (error) {
    console.warn(`tailwater: ${error}`);
  }
  return current;
}

/** Fire and forget: never throws, never waits. Before `init` it does nothing. */
export const emit = (event: EmitEvent): void => current.emit(event);
export const setUser = (userId?: string): void => current.setUser(userId);
export const setConsent = (isGiven: boolean): void => current.setConsent(isGiven);
export const startTrace = (): string => current.startTrace();
export const flush = (): Promise<boolean> => current.flush();
export const stats = (): BrowserStats => current.stats();

export function close(): void {
  current.close();
  current = nobody;
}
