import { z } from 'zod';
import { LOGQL_LIMITS_MAX } from '../../control/logql-settings.ts';
import { SCOPES } from '../../control/scopes.ts';

const retention = z
  .int()
  .nullable()
  .meta({ description: 'Days that events are kept. Null: the default of the server. Counts for events from now on.' });
const redactRulesOff = z.array(z.string()).meta({ description: 'Redaction rules that this org switched off.' });
const logTypes = z
  .record(z.string(), z.string())
  .meta({ description: 'Log type by prefix of the logger name, before the map of the server.' });
const timeText = z.string().meta({ description: 'ISO 8601, UTC, milliseconds.' });

const quantity = z.int().min(1).nullable();
export const ingestQuotaSchema = z
  .strictObject({
    bytes_per_second: quantity,
    events_per_second: quantity,
    bytes_per_day: quantity.meta({ description: 'Days are UTC.' }),
    events_per_day: quantity,
  })
  .meta({
    id: 'IngestQuota',
    description:
      'What the org may send; null for the default of the server. Beyond it requests get 429 with Retry-After.',
  });

/** Also said in docs/reference/loki-api.md. */
export const lokiSettingsSchema = z
  .strictObject({
    event_fields: z.boolean().meta({ description: "The event's own fields are offered as structured metadata." }),
    discover_service_name: z
      .boolean()
      .meta({ description: 'A stream without the label service_name gets one from the service of its events.' }),
    align_metric_queries: z
      .boolean()
      .meta({ description: 'Range queries of metrics start and end at multiples of their step, as on Loki.' }),
    entries_max: z.int().min(1).max(LOGQL_LIMITS_MAX.entriesMax).meta({ description: 'Lines of one log query.' }),
    series_max: z.int().min(1).max(LOGQL_LIMITS_MAX.seriesMax).meta({ description: 'Series of one metric query.' }),
    query_length_max_ms: z.int().min(0).meta({ description: 'Longest time range of a query; 0 for any.' }),
    query_timeout_ms: z.int().min(100).max(LOGQL_LIMITS_MAX.queryTimeoutMs),
    tails_max: z.int().min(0).max(LOGQL_LIMITS_MAX.tailsMax).meta({ description: 'Tails of Loki’s API at a time.' }),
    volume_series_max: z.int().min(1).max(LOGQL_LIMITS_MAX.volumeSeriesMax),
  })
  .meta({ id: 'LokiSettings', description: 'How LogQL queries of the org are answered, and their limits.' });

export const orgSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    retention_days: retention,
    redact_rules_off: redactRulesOff,
    log_types: logTypes,
    ingest_quota: ingestQuotaSchema,
    loki: lokiSettingsSchema,
    created_at: timeText,
  })
  .meta({ id: 'Org' });

export const orgListSchema = z.strictObject({ orgs: z.array(orgSchema) }).meta({ id: 'OrgList' });

export const newOrgSchema = z
  .strictObject({
    id: z.string().meta({ description: '1 to 63 of a-z, 0-9, `-` and `_`.' }),
    name: z.string(),
    retention_days: retention.optional(),
  })
  .meta({ id: 'NewOrg' });

export const orgChangeSchema = z
  .strictObject({
    name: z.string().optional(),
    retention_days: retention.optional(),
    redact_rules_off: redactRulesOff.optional(),
    log_types: logTypes.optional(),
    ingest_quota: ingestQuotaSchema.partial().optional().meta({ description: 'Only by a key that may select orgs.' }),
    loki: lokiSettingsSchema
      .partial()
      .optional()
      .meta({ description: 'What ends in `_max` or `_ms`: only by a key that may select orgs.' }),
  })
  .meta({ id: 'OrgChange', description: 'What is left out stays as it is.' });

const keyFields = {
  id: z.string(),
  name: z.string(),
  org_id: z.string(),
  prefix: z.string().meta({ description: 'First characters of the secret; empty for one that an operator chose.' }),
  scopes: z.array(z.enum(SCOPES)),
  may_select_orgs: z.boolean(),
  browser_origins: z
    .array(z.string())
    .nullable()
    .meta({ description: 'Set for a browser key: public, for `POST /api/browser/logs` from pages of these origins.' }),
  created_at: timeText,
  last_used_at: timeText.nullable(),
  revoked_at: timeText.nullable(),
};

export const keySchema = z.strictObject(keyFields).meta({ id: 'ApiKey' });
export const keyListSchema = z.strictObject({ keys: z.array(keySchema) }).meta({ id: 'ApiKeyList' });
export const madeKeySchema = z
  .strictObject({ ...keyFields, secret: z.string().meta({ description: 'Shown this once.' }) })
  .meta({ id: 'MadeApiKey' });

export const newKeySchema = z
  .strictObject({
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)).min(1).meta({ description: '`admin` may do the others too.' }),
    may_select_orgs: z.boolean().optional().meta({ description: 'It may act for any org, by X-Scope-OrgID.' }),
    browser_origins: z.array(z.string()).optional().meta({
      description: 'Makes a browser key, with scope `ingest` alone: origins such as https://app.example.com.',
    }),
    org_id: z.string().optional().meta({ description: 'Default: the org of the key that asks.' }),
  })
  .meta({ id: 'NewApiKey' });
