import type { Migration } from 'kysely/migration';
import * as orgsAndApiKeys from './0001-orgs-and-api-keys.ts';
import * as browserKeys from './0002-browser-keys.ts';
import * as orgUsage from './0003-org-usage.ts';
import * as logLevels from './0004-log-levels.ts';
import * as eventContracts from './0005-event-contracts.ts';
import * as deleteRequests from './0006-delete-requests.ts';
import * as integrations from './0007-integrations.ts';
import * as sessions from './0008-sessions.ts';
import * as savedViews from './0009-saved-views.ts';

/** Every migration by name, in order. A name that was released never changes, nor does what it does. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-orgs-and-api-keys': orgsAndApiKeys,
  '0002-browser-keys': browserKeys,
  '0003-org-usage': orgUsage,
  '0004-log-levels': logLevels,
  '0005-event-contracts': eventContracts,
  '0006-delete-requests': deleteRequests,
  '0007-integrations': integrations,
  '0008-sessions': sessions,
  '0009-saved-views': savedViews,
};
