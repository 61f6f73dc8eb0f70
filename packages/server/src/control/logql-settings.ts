import { z } from 'zod';
import type { OrgCache } from './org-cache.ts';

const HOUR_MS = 3_600_000;
/** What an org's limits may be raised to: beyond it one query could take the memory of the server. */
export const LOGQL_LIMITS_MAX = {
  entriesMax: 100_000,
  seriesMax: 50_000,
  queryTimeoutMs: 600_000,
  tailsMax: 1000,
  volumeSeriesMax: 50_000,
} as const;

/**
 * How an org's LogQL queries are answered, see docs/reference/loki-api.md, with Loki's defaults:
 * https://grafana.com/docs/loki/latest/configure/#limits_config
 */
export const logqlSettingsSchema = z.strictObject({
  eventFields: z.boolean().default(true),
  discoverServiceName: z.boolean().default(true),
  alignMetricQueries: z.boolean().default(true),
  entriesMax: z.int().min(1).max(LOGQL_LIMITS_MAX.entriesMax).default(5000),
  seriesMax: z.int().min(1).max(LOGQL_LIMITS_MAX.seriesMax).default(500),
  queryLengthMaxMs: z
    .int()
    .min(0)
    .default(721 * HOUR_MS),
  queryTimeoutMs: z.int().min(100).max(LOGQL_LIMITS_MAX.queryTimeoutMs).default(60_000),
  tailsMax: z.int().min(0).max(LOGQL_LIMITS_MAX.tailsMax).default(10),
  volumeSeriesMax: z.int().min(1).max(LOGQL_LIMITS_MAX.volumeSeriesMax).default(1000),
});
type LogqlSettings = z.output<typeof logqlSettingsSchema>;

export const DEFAULT_LOGQL_SETTINGS: LogqlSettings = Object.freeze(logqlSettingsSchema.parse({}));

/** How this org's queries are answered. Changes are seen as OrgCache tells. */
export async function logqlSettingsOf(orgs: OrgCache, orgId: string): Promise<LogqlSettings> {
  return (await orgs.get(orgId))?.settings.loki ?? DEFAULT_LOGQL_SETTINGS;
}
