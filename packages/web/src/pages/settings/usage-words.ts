import { formatBytes, formatCount, formatPercent } from '../../lib/format.ts';
import type { IngestQuota } from './org-queries.ts';

export interface Use {
  text: string;
  /** 0 to 1 and beyond; null where there is no limit. */
  share: number | null;
  state: 'good' | 'warn' | 'bad';
}

const NEAR = 0.8;

/** What was used of what may be used: `1.2 GiB of 2.0 GiB (60 %)`. */
export function usageWords(used: number, limit: number | null, unit: 'bytes' | 'count'): Use {
  const format = unit === 'bytes' ? formatBytes : formatCount;
  if (limit === null) return { text: `${format(used)}, no limit`, share: null, state: 'good' };
  const share = used / limit;
  const state = share >= 1 ? 'bad' : share >= NEAR ? 'warn' : 'good';
  return { text: `${format(used)} of ${format(limit)} (${formatPercent(share)})`, share, state };
}

/** How fast the org may send. */
export function speedWords({ bytes_per_second, events_per_second }: IngestQuota): string {
  const limits = [
    bytes_per_second !== null && formatBytes(bytes_per_second),
    events_per_second !== null && `${formatCount(events_per_second)} events`,
  ].filter((limit) => limit !== false);
  return limits.length === 0 ? 'As fast as it likes.' : `At most ${limits.join(' and ')} per second.`;
}
