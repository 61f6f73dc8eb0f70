import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { apiFetch } from '../../api/client.ts';

/** How the server is: `GET /api/system`. */
export interface System {
  version: string;
  node: string;
  started_at: string;
  journal: { ready: boolean; fault: string | null; bytes: number; backlog_frames: number };
  store: { ready: boolean; detail: string; restarts: number; lag_events: number | null; lag_ms: number | null };
  memory: { rss_bytes: number; engine_rss_bytes: number | null };
  disk: { total_bytes: number; free_bytes: number; by_part: Readonly<Record<string, number>> };
  ingest: { events_per_s: number; bytes_per_s: number; rejected_per_s: number };
  queries_running: number;
  tails_open: number;
  series: { interval_ms: number; points: readonly SystemPoint[] };
}

export interface SystemPoint {
  time: string;
  events_per_s: number;
  backlog_bytes: number;
  rss_bytes: number;
  disk_free_bytes: number;
  lag_ms: number | null;
}

const REFRESH_MS = 10_000;

export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: async ({ signal }) => (await (await apiFetch('/api/system', { signal })).json()) as System,
  refetchInterval: REFRESH_MS,
  placeholderData: keepPreviousData,
});
