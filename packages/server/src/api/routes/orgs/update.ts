import { z } from 'zod';
import { type IngestQuota, updateOrgSettings } from '../../../control/orgs.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { defineRoute, json } from '../../route.ts';
import { type ingestQuotaSchema, orgChangeSchema, orgSchema } from '../../wire/orgs.ts';
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
    const org = await updateOrgSettings(deps.control, before.id, {
      name: body.name,
      retentionDays: body.retention_days,
      settings: {
        ...(body.redact_rules_off && { redactRulesOff: body.redact_rules_off }),
        ...(body.log_types && { logTypes: body.log_types }),
        ...(body.ingest_quota && { ingestQuota: changedQuota(before.settings.ingestQuota, body.ingest_quota) }),
      },
    });
    return json(renderOrg(org));
  },
});

type QuotaChange = Partial<z.output<typeof ingestQuotaSchema>>;

/** What the change does not name stays as it is. */
function changedQuota(before: IngestQuota, change: QuotaChange): IngestQuota {
  const or = <T>(value: T | undefined, otherwise: T): T => (value === undefined ? otherwise : value);
  return {
    bytesPerSecond: or(change.bytes_per_second, before.bytesPerSecond),
    eventsPerSecond: or(change.events_per_second, before.eventsPerSecond),
    bytesPerDay: or(change.bytes_per_day, before.bytesPerDay),
    eventsPerDay: or(change.events_per_day, before.eventsPerDay),
  };
}
