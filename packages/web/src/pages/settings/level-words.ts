import { formatDuration } from '../../lib/format.ts';

/** For how long a level may be set; the last: until it is removed. */
export const EXPIRIES = [
  { id: '15m', label: '15 min' },
  { id: '1h', label: '1 h' },
  { id: '24h', label: '24 h' },
  { id: '', label: 'Until removed' },
] as const;
export type Expiry = (typeof EXPIRIES)[number]['id'];

/** How long the level still holds: `12 min 3 s left`. */
export function remainingWords(until: string | null, nowMs: number): string {
  if (until === null) return 'until it is removed';
  const leftMs = Date.parse(until) - nowMs;
  if (leftMs <= 0) return 'ends now';
  return `${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`;
}

/** Whom it is for: `every logger of checkout`. */
export function targetWords(service: string, logger: string): string {
  const loggers = logger === '*' ? 'every logger' : logger;
  return `${loggers} of ${service === '' ? 'every service' : service}`;
}
