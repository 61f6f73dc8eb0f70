import { z } from 'zod';
import { type IngestQuota, updateOrgSettings } from '../../../control/orgs.ts';
import type { LogqlSettings } from '../../../query/logql/tasks.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { defineRoute, json } from '../../route.ts';
import { type ingestQuotaSchema, type lokiSettingsSchema, orgChangeSchema, orgSchema } from '../../wire/orgs.ts';
import { renderOrg } from './render.ts';
import { requireOrg } from './scope.ts';

export const updateOrg = defineRoute({
  method: 'PATCH',
  path: '/api/orgs/:org_id',
  scope: 'admin',
  resource: 'org',
  summary: 'Change the settings of an org',
  params: z.strictObject({ org_id: z.string() }),
  body: orgChangeSchema,
  answers: { 200: orgSchema },
  async handle({ deps, identity, params, body }) {
    const before = await requireOrg(deps, identity, params.org_id);
    if (body.ingest_quota && !identity.maySelectOrgs) {
      throw new PermanentError('forbidden', 'only a key that may select orgs sets quotas', 'ingest_quota');
    }
    const limit = Object.keys(body.loki ?? {}).find((name) => /_(max|ms)$/.test(name));
    if (limit !== undefined && !identity.maySelectOrgs) {
      throw new PermanentError('forbidden', 'only a key that may select orgs sets limits', `loki.${limit}`);
    }
    const org = await updateOrgSettings(deps.control, before.id, {
      name: body.name,
      retentionDays: body.retention_days,
      settings: {
        ...(body.redact_rules_off && { redactRulesOff: body.redact_rules_off }),
        ...(body.log_types && { logTypes: body.log_types }),
        ...(body.ingest_quota && { ingestQuota: changedQuota(before.settings.ingestQuota, body.ingest_quota) }),
        ...(body.loki && { loki: changedLokiSettings(before.settings.loki, body.loki) }),
      },
    });
    return json(renderOrg(org));
  },
});

type QuotaChange = Partial<z.output<typeof ingestQuotaSchema>>;

/** What the change does not name stays as it is. */
function changedQuota(before: IngestQuota, change: QuotaChange): IngestQuota {
  return {
    bytesPerSecond: or(change.bytes_per_second, before.bytesPerSecond),
    eventsPerSecond: or(change.events_per_second, before.eventsPerSecond),
    bytesPerDay: or(change.bytes_per_day, before.bytesPerDay),
    eventsPerDay: or(change.events_per_day, before.eventsPerDay),
  };
}

type LokiChange = Partial<z.output<typeof lokiSettingsSchema>>;

function changedLokiSettings(before: LogqlSettings, change: LokiChange): LogqlSettings {
  return {
    eventFields: or(change.event_fields, before.eventFields),
    discoverServiceName: or(change.discover_service_name, before.discoverServiceName),
    alignMetricQueries: or(change.align_metric_queries, before.alignMetricQueries),
    entriesMax: or(change.entries_max, before.entriesMax),
    seriesMax: or(change.series_max, before.seriesMax),
    queryLengthMaxMs: or(change.query_length_max_ms, before.queryLengthMaxMs),
    queryTimeoutMs: or(change.query_timeout_ms, before.queryTimeoutMs),
    tailsMax: or(change.tails_max, before.tailsMax),
    volumeSeriesMax: or(change.volume_series_max, before.volumeSeriesMax),
  };
}

/** Null is a value. */
function or<T>(value: T | undefined, otherwise: T): T {
  return value === undefined ? otherwise : value;
}
