import { z } from 'zod';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import { createExpiring, type Expiring } from './access-token.ts';
import { isSuccess, readJson, tellText } from './answers.ts';
import type { HttpCall } from './http.ts';
import { errorOfRefusal, type Refusal, refusalOfStatus, type Strip } from './refusal.ts';

/** An application of Microsoft Entra ID. */
export interface AzureApplication {
  tenant_id: string;
  client_id: string;
  /** `https://login.microsoftonline.com`, or that of another cloud. */
  authority: string;
}

export const AZURE_AUTHORITY = 'https://login.microsoftonline.com';

/** A tenant is a GUID or one of its domains. */
export const tenantId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/)
  .meta({ description: 'Directory (tenant) ID of the application.' });
export const clientId = z.guid().meta({ description: 'Application (client) ID.' });
export const authority = z.url({ protocol: /^https?$/ }).meta({ description: 'URL that tokens come from.' });

const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.coerce.number() });

/**
 * Access tokens of an application by its secret.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 *
 * @param scope `https://monitor.azure.com/.default`
 */
export function createAzureToken(
  application: AzureApplication,
  clientSecret: string | undefined,
  scope: string,
  call: HttpCall,
  strip: Strip,
): Expiring<string> {
  return createExpiring(async (signal) => {
    if (!clientSecret) {
      throw errorOfRefusal({
        code: 'destination_unauthorized',
        detail: 'no client secret is set',
        field: 'client_secret',
        advice: 'Create a client secret in the app registration and set its value, not its ID.',
      });
    }
    const body = new URLSearchParams({
      client_id: application.client_id,
      client_secret: clientSecret,
      grant_type: 'client_credentials',
      scope,
    }).toString();
    const url = `${application.authority.replace(/\/+$/, '')}/${application.tenant_id}/oauth2/v2.0/token`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await call({ method: 'POST', url, headers, body, signal });
    const answer = readJson(response.body, tokenAnswer);
    if (response.status !== 200 || answer === null) throw errorOfRefusal(tokenRefusal(response, strip));
    return { value: answer.access_token, expiresAtMs: Date.now() + answer.expires_in * 1000 };
  });
}

/** Of https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes what a wrong setting leads to. */
const ADVICE: Readonly<Record<string, { field: string; advice: string }>> = {
  AADSTS7000215: {
    field: 'client_secret',
    advice: 'Set the value of the client secret, not its ID; it is shown only when it is created.',
  },
  AADSTS7000222: { field: 'client_secret', advice: 'The client secret has expired: create another.' },
  AADSTS700016: { field: 'client_id', advice: 'The tenant has no such application: check client_id and tenant_id.' },
  AADSTS90002: { field: 'tenant_id', advice: 'There is no such tenant in this cloud: check tenant_id and authority.' },
  AADSTS900023: { field: 'tenant_id', advice: 'tenant_id is neither a GUID nor a domain of the tenant.' },
  AADSTS7000112: { field: 'client_id', advice: 'The application is disabled: enable its service principal.' },
};

const tokenError = z.object({ error: z.string().default(''), error_description: z.string().default('') });

function tokenRefusal(response: EgressResponse, strip: Strip): Refusal {
  const { error, error_description: description } = readJson(response.body, tokenError) ?? tokenError.parse({});
  const first = description.split(/\r?\n| Trace ID/, 1)[0]!;
  const words = [error, first].filter((word) => word !== '').join(': ');
  const detail = tellText(`Microsoft Entra ID answered ${response.status} ${words}`, strip);
  const refusal = refusalOfStatus(response, detail, strip);
  if (refusal.code === 'destination_unavailable') return refusal;
  const known = ADVICE[/AADSTS\d+/.exec(first)?.[0] ?? ''] ?? { field: 'client_secret' };
  return { code: 'destination_unauthorized', detail, ...known };
}

export interface AzureError {
  /** `AuthenticationFailed`; empty: the answer names none. */
  code: string;
  message: string;
}

const errorAnswer = z.object({
  error: z.object({ code: z.string().optional(), message: z.string().default('') }),
});

/** The error of an answer, in JSON or XML; its first line, as the others are ids and times. */
export function azureErrorOf({ body, headers }: EgressResponse): AzureError {
  const text = body.toString();
  const named = headers['x-ms-error-code'] ?? '';
  const xml = /<Message>([^<\r\n]*)/.exec(text);
  if (xml !== null) return { code: named || (/<Code>([^<]*)/.exec(text)?.[1] ?? ''), message: xml[1]! };
  const answer = readJson(body, errorAnswer);
  return { code: answer?.error.code ?? named, message: (answer?.error.message ?? '').split(/\r?\n/, 1)[0]! };
}

/** Why `who` did not do it; null when it did. A container or rule that is missing is no fault of any event: retried. */
export function azureRefusal(response: EgressResponse, who: string, strip: Strip): Refusal | null {
  if (isSuccess(response)) return null;
  const error = azureErrorOf(response);
  const words = [error.code, error.message].filter((word) => word !== '').join(': ');
  const detail = tellText(`${who} answered ${response.status} ${words}`, strip);
  return refusalOfStatus(response, detail, strip);
}
