import type { z } from 'zod';
import type { IngestQuota, Org } from '../../../control/orgs.ts';
import type { LogqlSettings } from '../../../query/logql/tasks.ts';
import { formatMs } from '../../render-event.ts';
import type { ingestQuotaSchema, lokiSettingsSchema, orgSchema } from '../../wire/orgs.ts';

export function renderOrg(org: Org): z.output<typeof orgSchema> {
  return {
    id: org.id,
    name: org.name,
    retention_days: org.retentionDays,
    redact_rules_off: org.settings.redactRulesOff,
    log_types: org.settings.logTypes,
    ingest_quota: renderQuota(org.settings.ingestQuota),
    loki: renderLokiSettings(org.settings.loki),
    created_at: formatMs(org.createdAtMs),
  };
}

export function renderQuota(quota: IngestQuota): z.output<typeof ingestQuotaSchema> {
  return {
    bytes_per_second: quota.bytesPerSecond,
    events_per_second: quota.eventsPerSecond,
    bytes_per_day: quota.bytesPerDay,
    events_per_day: quota.eventsPerDay,
  };
}

function renderLokiSettings(settings: LogqlSettings): z.output<typeof lokiSettingsSchema> {
  return {
    event_fields: settings.eventFields,
    discover_service_name: settings.discoverServiceName,
    align_metric_queries: settings.alignMetricQueries,
    entries_max: settings.entriesMax,
    series_max: settings.seriesMax,
    query_length_max_ms: settings.queryLengthMaxMs,
    query_timeout_ms: settings.queryTimeoutMs,
    tails_max: settings.tailsMax,
    volume_series_max: settings.volumeSeriesMax,
  };
}
