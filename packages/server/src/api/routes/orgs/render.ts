import type { z } from 'zod';
import type { IngestQuota, Org } from '../../../control/orgs.ts';
import { formatMs } from '../../render-event.ts';
import type { ingestQuotaSchema, orgSchema } from '../../wire/orgs.ts';

export function renderOrg(org: Org): z.output<typeof orgSchema> {
  return {
    id: org.id,
    name: org.name,
    retention_days: org.retentionDays,
    redact_rules_off: org.settings.redactRulesOff,
    log_types: org.settings.logTypes,
    ingest_quota: renderQuota(org.settings.ingestQuota),
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
