import type { z } from 'zod';
import type { ApiKey } from '../../../control/api-keys.ts';
import { formatMs } from '../../render-event.ts';
import type { keySchema } from '../../wire/orgs.ts';

export function renderKey(key: ApiKey): z.output<typeof keySchema> {
  return {
    id: key.id,
    name: key.name,
    org_id: key.orgId,
    prefix: key.prefix,
    scopes: key.scopes,
    may_select_orgs: key.maySelectOrgs,
    browser_origins: key.browserOrigins === null ? null : [...key.browserOrigins],
    created_at: formatMs(key.createdAtMs),
    last_used_at: key.lastUsedAtMs === null ? null : formatMs(key.lastUsedAtMs),
    revoked_at: key.revokedAtMs === null ? null : formatMs(key.revokedAtMs),
  };
}
