import { z } from 'zod';
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

export const orgSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    retention_days: retention,
    redact_rules_off: redactRulesOff,
    log_types: logTypes,
    ingest_quota: ingestQuotaSchema,
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
