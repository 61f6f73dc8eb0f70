import type { Severity } from './types.ts';

/** By rank: what is compared with a threshold. */
export const SEVERITIES = ['debug', 'info', 'warn', 'error', 'critical'] as const satisfies readonly Severity[];

/** Words that other loggers use, as LOG_LEVEL often has them. */
const SYNONYMS: Readonly<Record<string, Severity>> = {
  trace: 'debug',
  verbose: 'debug',
  information: 'info',
  notice: 'info',
  warning: 'warn',
  err: 'error',
  fatal: 'critical',
  crit: 'critical',
  emerg: 'critical',
  alert: 'critical',
};

export const DEBUG = 0;
export const INFO = 1;
export const WARN = 2;
export const ERROR = 3;
export const CRITICAL = 4;

/** The rank of a severity; INFO for what is none, as a caller without types may say anything. */
export function rankOf(severity: Severity | undefined): number {
  switch (severity) {
    case 'debug':
      return DEBUG;
    case 'warn':
      return WARN;
    case 'error':
      return ERROR;
    case 'critical':
      return CRITICAL;
    default:
      return INFO;
  }
}

/** The severity that a word names, in any case; undefined when it names none. */
export function parseSeverity(word: string): Severity | undefined {
  const lower = word.trim().toLowerCase();
  return (
    SEVERITIES.find((severity) => severity === lower) ?? (Object.hasOwn(SYNONYMS, lower) ? SYNONYMS[lower] : undefined)
  );
}
