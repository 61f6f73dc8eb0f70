import { type CommonFacts, shape } from './facts.ts';

/** `userId` is who did it. */
interface AdminFacts extends CommonFacts {
  userId: string;
}

export interface MemberInvited extends AdminFacts {
  role: string;
  /** Id of the invitation, or of who is invited. */
  resourceId: string;
}
export interface RoleChanged extends AdminFacts {
  /** Whose role. */
  resourceId: string;
  oldRole: string;
  newRole: string;
}
/** Values may be secrets: say them in `metadata` when they are none. */
export interface ConfigChanged extends AdminFacts {
  /** Name of the setting. */
  setting: string;
}
export interface IntegrationChanged extends AdminFacts {
  /** Kind: `slack`, `datadog`. */
  integration: string;
  resourceId?: string;
  action: 'created' | 'updated' | 'enabled' | 'disabled' | 'deleted';
}

const LOG_TYPE = 'admin';

export const ADMIN = {
  memberInvited: shape<MemberInvited>({
    logType: LOG_TYPE,
    eventType: 'invite',
    severity: 'info',
    message: ({ role }) => `invited as ${role}`,
  }),
  roleChanged: shape<RoleChanged>({
    logType: LOG_TYPE,
    eventType: 'role_change',
    severity: 'warn',
    message: ({ oldRole, newRole }) => `role changed from ${oldRole} to ${newRole}`,
  }),
  configChanged: shape<ConfigChanged>({
    logType: LOG_TYPE,
    eventType: 'config_change',
    severity: 'info',
    message: ({ setting }) => `${setting} changed`,
  }),
  integrationChanged: shape<IntegrationChanged>({
    logType: LOG_TYPE,
    eventType: 'integration_change',
    severity: 'info',
    message: ({ integration, action }) => `integration ${integration} ${action}`,
  }),
};
