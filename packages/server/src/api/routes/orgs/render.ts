import type { z } from 'zod';
import type { Org } from '../../../control/orgs.ts';
import { formatMs } from '../../render-event.ts';
import type { orgSchema } from '../../wire/orgs.ts';

export function renderOrg(org: Org): z.output<typeof orgSchema> {
  return {
    id: org.id,
    name: org.name,
    retention_days: org.retentionDays,
    redact_rules_off: org.settings.redactRulesOff,
    log_types: org.settings.logTypes,
    created_at: formatMs(org.createdAtMs),
  };
}
