import { SEVERITIES, type Severity } from '@tailwater/schema';

/** Zero events of every severity. */
export function noSeverities(): Record<Severity, number> {
  return Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
}
