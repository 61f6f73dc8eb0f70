import type { VendorAnswer, VendorRequest } from './http-vendor.ts';

export const TENANT = '6babcaad-604b-40ac-a9d7-9fd97c0b779f';
export const CLIENT = 'c8a1e2f3-0b4d-4e5f-9a6b-7c8d9e0f1a2b';
export const CLIENT_SECRET = 'k3r8Q~client.secret_of-the-application';
export const WRONG_CLIENT_SECRET = 'w0r0Q~client.secret_of-another-one';

/** Tokens of Microsoft Entra ID for one application and scope. */
export interface EntraTokens {
  /** `POST /TENANT/oauth2/v2.0/token`; null: another path. */
  give(request: VendorRequest): VendorAnswer | null;
  isValid(request: VendorRequest): boolean;
  /** Tokens given till now are valid no more. */
  endTokens(): void;
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export function entraTokens(scope: string): EntraTokens {
  const valid = new Set<string>();
  let given = 0;
  const refuse = (status: number, error: string, description: string) => ({
    status,
    body: {
      error,
      error_description: `${description}\r\nTrace ID: 255d1aef\r\nCorrelation ID: fb3d2015\r\nTimestamp: 2026-01-09`,
    },
  });
  return {
    give: (request) => {
      const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(request.path)?.[1];
      if (tenant === undefined) return null;
      const form = new URLSearchParams(request.body.toString());
      if (tenant !== TENANT) return refuse(400, 'invalid_request', `AADSTS90002: Tenant '${tenant}' not found.`);
      if (form.get('grant_type') !== 'client_credentials')
        return refuse(400, 'unsupported_grant_type', 'AADSTS70003: no.');
      if (form.get('scope') !== scope) return refuse(400, 'invalid_scope', 'AADSTS70011: The scope is not valid.');
      if (form.get('client_id') !== CLIENT) {
        return refuse(
          400,
          'unauthorized_client',
          `AADSTS700016: Application '${form.get('client_id')}' was not found.`,
        );
      }
      if (form.get('client_secret') !== CLIENT_SECRET) {
        return refuse(
          401,
          'invalid_client',
          `AADSTS7000215: Invalid client secret provided: ${form.get('client_secret')}.`,
        );
      }
      given += 1;
      const token = `eyJ0eXAiOiJKV1QifQ.token-${given}`;
      valid.add(token);
      return { status: 200, body: { token_type: 'Bearer', expires_in: 3599, access_token: token } };
    },
    isValid: ({ headers }) => valid.has((headers.authorization ?? '').replace(/^Bearer /, '')),
    endTokens: () => valid.clear(),
  };
}
