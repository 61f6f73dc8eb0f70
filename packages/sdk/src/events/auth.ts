import { type ClientFacts, type CommonFacts, shape } from './facts.ts';

export type LoginMethod = 'password' | 'sso' | 'magic_link' | 'passkey' | 'api_key';
export type TwoFactorMethod = 'totp' | 'sms' | 'email' | 'webauthn' | 'recovery_code';

/** An event of somebody who is known. */
interface UserFacts extends CommonFacts, Partial<ClientFacts> {
  userId: string;
}

export interface LoginSucceeded extends CommonFacts, ClientFacts {
  userId: string;
  method: LoginMethod;
  sessionId?: string;
}
export interface LoginFailed extends CommonFacts, ClientFacts {
  method: LoginMethod;
  reason: 'unknown_user' | 'bad_credentials' | 'locked' | 'disabled' | 'unverified' | 'two_factor' | 'other';
  /** The account that was named: may be anything that somebody typed. */
  account?: string;
  /** How often in a row. */
  attempt?: number;
}
export interface LoggedOut extends UserFacts {
  reason?: 'user' | 'expired' | 'revoked';
  sessionId?: string;
}
export interface TokenRefreshed extends UserFacts {
  sessionId?: string;
  /** Milliseconds that the new token lives. */
  expiresInMs?: number;
}
export interface SsoSucceeded extends CommonFacts, ClientFacts {
  userId: string;
  provider: string;
  protocol: 'saml' | 'oidc' | 'oauth2';
  /** Whether the account was made by it. */
  isNew?: boolean;
}
export interface SsoFailed extends CommonFacts, ClientFacts {
  provider: string;
  protocol: 'saml' | 'oidc' | 'oauth2';
  reason: string;
}
/** Without a user: nobody has the address that was typed. */
export interface PasswordResetRequested extends CommonFacts, ClientFacts {}
export interface PasswordReset extends UserFacts {}
export interface EmailVerificationSent extends UserFacts {}
export interface EmailVerified extends UserFacts {}
export interface TwoFactor extends UserFacts {
  method: TwoFactorMethod;
}
export interface TwoFactorFailed extends TwoFactor {
  attempt?: number;
}
export interface TwoFactorDisabled extends TwoFactor {
  /** Who did it, when it was not the user. */
  disabledBy?: string;
}

const LOG_TYPE = 'auth';

export const AUTH = {
  loginSucceeded: shape<LoginSucceeded>({
    logType: LOG_TYPE,
    eventType: 'login_success',
    severity: 'info',
    message: ({ method }) => `logged in with ${method}`,
  }),
  loginFailed: shape<LoginFailed>({
    logType: LOG_TYPE,
    eventType: 'login_failed',
    severity: 'warn',
    message: ({ method, reason }) => `login with ${method} failed: ${reason}`,
  }),
  loggedOut: shape<LoggedOut>({
    logType: LOG_TYPE,
    eventType: 'logout',
    severity: 'info',
    message: ({ reason = 'user' }) => (reason === 'user' ? 'logged out' : `logged out: ${reason}`),
  }),
  tokenRefreshed: shape<TokenRefreshed>({
    logType: LOG_TYPE,
    eventType: 'token_refresh',
    severity: 'info',
    message: () => 'token refreshed',
  }),
  ssoSucceeded: shape<SsoSucceeded>({
    logType: LOG_TYPE,
    eventType: 'sso_success',
    severity: 'info',
    message: ({ provider }) => `logged in with ${provider}`,
  }),
  ssoFailed: shape<SsoFailed>({
    logType: LOG_TYPE,
    eventType: 'sso_failed',
    severity: 'warn',
    message: ({ provider, reason }) => `login with ${provider} failed: ${reason}`,
  }),
  passwordResetRequested: shape<PasswordResetRequested>({
    logType: LOG_TYPE,
    eventType: 'password_reset_requested',
    severity: 'info',
    message: () => 'password reset asked for',
  }),
  passwordReset: shape<PasswordReset>({
    logType: LOG_TYPE,
    eventType: 'password_reset',
    severity: 'info',
    message: () => 'password reset',
  }),
  emailVerificationSent: shape<EmailVerificationSent>({
    logType: LOG_TYPE,
    eventType: 'email_verification_sent',
    severity: 'info',
    message: () => 'e-mail verification sent',
  }),
  emailVerified: shape<EmailVerified>({
    logType: LOG_TYPE,
    eventType: 'email_verified',
    severity: 'info',
    message: () => 'e-mail address verified',
  }),
  twoFactorEnabled: shape<TwoFactor>({
    logType: LOG_TYPE,
    eventType: 'two_factor_enabled',
    severity: 'info',
    message: ({ method }) => `two-factor login enabled: ${method}`,
  }),
  twoFactorDisabled: shape<TwoFactorDisabled>({
    logType: LOG_TYPE,
    eventType: 'two_factor_disabled',
    severity: 'warn',
    message: ({ method }) => `two-factor login disabled: ${method}`,
  }),
  twoFactorChallenged: shape<TwoFactor>({
    logType: LOG_TYPE,
    eventType: 'two_factor_challenge',
    severity: 'info',
    message: ({ method }) => `second factor asked for: ${method}`,
  }),
  twoFactorSucceeded: shape<TwoFactor>({
    logType: LOG_TYPE,
    eventType: 'two_factor_success',
    severity: 'info',
    message: ({ method }) => `second factor given: ${method}`,
  }),
  twoFactorFailed: shape<TwoFactorFailed>({
    logType: LOG_TYPE,
    eventType: 'two_factor_failed',
    severity: 'warn',
    message: ({ method }) => `second factor wrong: ${method}`,
  }),
};
