import { z } from 'zod';
import { updateOrgSettings } from '../../../control/orgs.ts';
import { defineRoute, json } from '../../route.ts';
import { orgChangeSchema, orgSchema } from '../../wire/orgs.ts';
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
    const { id } = await requireOrg(deps, identity, params.org_id);
    const org = await updateOrgSettings(deps.control, id, {
      name: body.name,
      retentionDays: body.retention_days,
      settings: {
        ...(body.redact_rules_off && { redactRulesOff: body.redact_rules_off }),
        ...(body.log_types && { logTypes: body.log_types }),
      },
    });
    return json(renderOrg(org));
  },
});
