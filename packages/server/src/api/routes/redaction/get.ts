import { RULE_IDS } from '@tailwater/schema/redaction';
import type { z } from 'zod';
import { defineRoute, json } from '../../route.ts';
import { RULE_DESCRIPTIONS, redactionSchema } from '../../wire/redaction.ts';
import { orgRulesOff } from './rules-off.ts';

export const getRedaction = defineRoute({
  method: 'GET',
  path: '/api/redaction',
  scope: 'query',
  resource: null,
  summary: 'The redaction rules, and which are on for the org',
  answers: { 200: redactionSchema },
  async handle({ deps, identity }) {
    const ofOrg = await orgRulesOff(deps, identity);
    const offBy = (id: string) =>
      deps.redaction.rulesOff.includes(id) ? 'configuration' : ofOrg.includes(id) ? 'org' : null;
    return json({
      rules: RULE_IDS.map((id) => {
        const off_by = offBy(id);
        return { id, description: RULE_DESCRIPTIONS[id], is_on: off_by === null, off_by };
      }),
    } satisfies z.output<typeof redactionSchema>);
  },
});
