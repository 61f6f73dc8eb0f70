/** `skip`: could not be looked at, which `what` explains. */
export type FindingState = 'ok' | 'warn' | 'fail' | 'skip';

/** Something that was looked at. */
export interface Finding {
  /** What of it: `disk`, `keys`. */
  check: string;
  state: FindingState;
  what: string;
  /** What to do; null where there is nothing to do. */
  cure: string | null;
}

export const ok = (check: string, what: string): Finding => ({ check, state: 'ok', what, cure: null });
export const skip = (check: string, what: string): Finding => ({ check, state: 'skip', what, cure: null });
export const warn = (check: string, what: string, cure: string): Finding => ({ check, state: 'warn', what, cure });
export const fail = (check: string, what: string, cure: string): Finding => ({ check, state: 'fail', what, cure });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
