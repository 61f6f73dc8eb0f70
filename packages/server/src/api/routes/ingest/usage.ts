import { z } from 'zod';
import { getOrg, NO_QUOTA } from '../../../control/orgs.ts';
import { defineRoute, json } from '../../route.ts';
import { ingestQuotaSchema } from '../../wire/orgs.ts';
import { renderQuota } from '../orgs/render.ts';

const usageSchema = z
  .strictObject({
    day: z.string().meta({ description: 'UTC.' }),
    bytes: z.int().meta({ description: 'Bodies as received.' }),
    events: z.int().meta({ description: 'Taken and rejected.' }),
    quota: ingestQuotaSchema.meta({ description: 'With the defaults of the server; null for as much as it likes.' }),
  })
  .meta({ id: 'IngestUsage' });

export const getUsage = defineRoute({
  method: 'GET',
  path: '/api/ingest/usage',
  scope: 'query',
  resource: null,
  summary: 'What the org sent today, and what it may send',
  answers: { 200: usageSchema },
  async handle({ deps, identity }) {
    const org = await getOrg(deps.control, identity.orgId);
    const { day, bytes, events } = deps.usage(identity.orgId);
    return json({ day, bytes, events, quota: renderQuota(deps.quotaOf(org?.settings.ingestQuota ?? NO_QUOTA)) });
  },
});
